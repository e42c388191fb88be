#include "slm_lab/report/metrics.h"

#include <algorithm>
#include <cmath>

#include "slm_lab/base/rng.h"

namespace slm {
namespace {

constexpr std::size_t kWindow = 100;

/// sum(S_i / x_i) / sum(S_i) over the first i log points, for every i: a mean of 1 / x weighted by strength.
std::vector<double> efficiencies(const std::vector<double>& strengths, const std::vector<double>& x) {
  std::vector<double> result;
  result.reserve(x.size());
  double weighted = 0, total = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double ratio = strengths[i] / x[i];
    if (std::isfinite(ratio)) weighted += ratio;  // not before the first optimiser step
    if (!std::isnan(strengths[i])) total += strengths[i];
    result.push_back(std::isnan(strengths[i]) ? Scalars::kNone : weighted / total);
  }
  return result;
}

double last(const std::vector<double>& values) { return values.empty() ? Scalars::kNone : values.back(); }

struct Stability {
  double scalar = Scalars::kNone;
  std::vector<double> local;
};

Stability stability(const std::vector<double>& strengths) {
  Stability result;
  result.local.assign(strengths.size(), Scalars::kNone);
  double drops = 0, total = 0;
  for (std::size_t i = 1; i < strengths.size(); ++i) {
    if (std::isnan(strengths[i - 1]) || std::isnan(strengths[i])) continue;
    const double drop = std::min(strengths[i] - strengths[i - 1], 0.0);
    result.local[i] = 1 - std::abs(drop / strengths[i - 1]);
    drops += drop;
    total += strengths[i - 1];
  }
  result.scalar = 1 - std::abs(drops / total);  // NaN with fewer than two log points
  return result;
}

template <class Get>
std::vector<double> over_sessions(std::span<const SessionMetrics> sessions, Get get) {
  std::vector<double> values;
  for (const SessionMetrics& session : sessions) values.push_back(get(session));
  return values;
}

void set_consistency(std::span<const SessionMetrics> sessions, TrialMetrics& trial) {
  std::vector<std::vector<double>> strengths;
  for (const SessionMetrics& session : sessions) strengths.push_back(session.strengths);
  const Spread over = spread(strengths);
  double stds = 0, means = 0;
  for (std::size_t i = 0; i < over.mean.size(); ++i) {
    if (!std::isnan(over.std[i])) stds += over.std[i];
    if (!std::isnan(over.mean[i])) means += over.mean[i];
    trial.consistencies.push_back(1 - 2 * over.std[i] / over.mean[i]);
  }
  trial.consistency = 1 - 2 * stds / means;
}

}  // namespace

double mean(std::span<const double> values) {
  double sum = 0;
  std::size_t count = 0;
  for (const double value : values) {
    if (std::isnan(value)) continue;
    sum += value;
    ++count;
  }
  return count == 0 ? Scalars::kNone : sum / static_cast<double>(count);
}

double sample_std(std::span<const double> values) {
  const double centre = mean(values);
  double squares = 0;
  std::size_t count = 0;
  for (const double value : values) {
    if (std::isnan(value)) continue;
    squares += (value - centre) * (value - centre);
    ++count;
  }
  return count < 2 ? Scalars::kNone : std::sqrt(squares / static_cast<double>(count - 1));
}

double interquartile_mean(std::span<const double> values) {
  std::vector<double> sorted;
  std::copy_if(values.begin(), values.end(), std::back_inserter(sorted), [](double v) { return !std::isnan(v); });
  std::sort(sorted.begin(), sorted.end());
  const std::size_t cut = sorted.size() / 4;
  return mean(std::span(sorted).subspan(cut, sorted.size() - 2 * cut));
}

double total_reward_ma(std::span<const SessionRow> rows) {
  double sum = 0;
  int count = 0;
  for (const SessionRow& row : rows.last(std::min(rows.size(), kWindow))) {
    if (std::isnan(row.total_reward)) continue;
    sum += row.total_reward;
    ++count;
  }
  return count == 0 ? Scalars::kNone : sum / count;
}

SessionMetrics session_metrics(std::span<const SessionRow> rows, double random_baseline) {
  SessionMetrics m;
  m.mean_returns = column(rows, &SessionRow::total_reward);
  m.frames = column(rows, &SessionRow::frame);
  m.opt_steps = column(rows, &SessionRow::opt_step);
  for (std::size_t i = 1; i <= rows.size(); ++i) m.mean_returns_ma.push_back(total_reward_ma(rows.first(i)));
  const double zero = std::isnan(random_baseline) ? 0 : random_baseline;
  for (const double value : m.mean_returns) m.strengths.push_back(value - zero);

  m.scalar.total_reward_ma = total_reward_ma(rows);
  m.scalar.strength = mean(m.strengths);
  for (const double strength : m.strengths) m.scalar.max_strength = std::fmax(m.scalar.max_strength, strength);
  m.scalar.final_strength = last(m.strengths);
  m.sample_efficiencies = efficiencies(m.strengths, m.frames);
  m.scalar.sample_efficiency = last(m.sample_efficiencies);
  m.training_efficiencies = efficiencies(m.strengths, m.opt_steps);
  m.scalar.training_efficiency = last(m.training_efficiencies);
  Stability stable = stability(m.strengths);
  m.scalar.stability = stable.scalar;
  m.stabilities = std::move(stable.local);
  return m;
}

Spread spread(std::span<const std::vector<double>> series) {
  Spread result;
  if (series.empty()) return result;
  std::size_t length = series[0].size();
  for (const auto& values : series) length = std::min(length, values.size());
  std::vector<double> at_point(series.size());
  for (std::size_t i = 0; i < length; ++i) {
    for (std::size_t j = 0; j < series.size(); ++j) at_point[j] = series[j][i];
    result.mean.push_back(mean(at_point));
    result.std.push_back(sample_std(at_point));
  }
  return result;
}

TrialMetrics trial_metrics(std::span<const SessionMetrics> sessions) {
  TrialMetrics trial;
  if (sessions.empty()) return trial;
  trial.frame = last(sessions[0].frames);
  for (const ScalarName& name : kScalars)
    trial.scalar.*name.value =
        mean(over_sessions(sessions, [&](const SessionMetrics& s) { return s.scalar.*name.value; }));
  set_consistency(sessions, trial);

  const auto ma = over_sessions(sessions, [](const SessionMetrics& s) { return s.scalar.total_reward_ma; });
  trial.total_reward_ma_std = sample_std(ma);
  trial.total_reward_ma_ci95 = bootstrap_ci95(ma);
  const auto ma100 = over_sessions(sessions, [](const SessionMetrics& s) { return s.episode_return_ma100; });
  trial.episode_return_ma100 = mean(ma100);
  trial.episode_return_ma100_ci95 = bootstrap_ci95(ma100);
  const auto d100 = over_sessions(sessions, [](const SessionMetrics& s) { return s.eval_return_d100.mean; });
  trial.eval_return_d100 = mean(d100);
  trial.eval_return_d100_ci95 = bootstrap_ci95(d100);
  return trial;
}

Interval bootstrap_ci95(std::span<const double> values) {
  constexpr int kResamples = 10000;
  std::vector<double> kept;
  std::copy_if(values.begin(), values.end(), std::back_inserter(kept), [](double v) { return !std::isnan(v); });
  if (kept.size() < 2) return {};
  std::sort(kept.begin(), kept.end());  // the order of the sessions does not matter
  Rng rng(0);
  const auto count = static_cast<std::int64_t>(kept.size());
  std::vector<double> means(kResamples);
  for (double& resampled : means) {
    double sum = 0;
    for (std::int64_t i = 0; i < count; ++i) sum += kept[rng.integers(0, count)];
    resampled = sum / static_cast<double>(count);
  }
  return middle_95(std::move(means));
}

Interval middle_95(std::vector<double> resampled) {
  if (resampled.empty()) return {};
  std::ranges::sort(resampled);
  const std::size_t outside = resampled.size() / 40;  // 2.5 % at each end
  return {resampled[outside], resampled[resampled.size() - 1 - outside]};
}

}  // namespace slm
