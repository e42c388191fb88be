#include "slm_lab/search/asha.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "slm_lab/base/rng.h"

namespace slm {
namespace {

/// The `share` quantile of what is in order, with linear interpolation, as numpy.nanpercentile computes it to the bit:
/// from the nearer neighbour, unlike base/quantile.h. NaN of nothing.
double quantile_of_sorted(const std::vector<double>& values, double share) {
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  const double at = share * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const double low = values[below], high = values[std::min(below + 1, values.size() - 1)];
  const double part = at - static_cast<double>(below);
  return part < 0.5 ? low + (high - low) * part : high - (high - low) * (1 - part);
}

}  // namespace

AshaBracket::AshaBracket(double grace_period, double max_frame, double reduction_factor, int skipped)
    : reduction_factor_(reduction_factor) {
  const double steps = std::log(max_frame / grace_period) / std::log(reduction_factor);
  for (int k = static_cast<int>(steps - skipped + 1) - 1; k >= 0; --k)
    rungs_.push_back({grace_period * std::pow(reduction_factor, k + skipped)});
}

Decision AshaBracket::report(int trial, std::int64_t frame, double value) {
  for (Measured& rung : rungs_) {
    if (static_cast<double>(frame) < rung.frame || rung.trials.contains(trial)) continue;
    const double cutoff = quantile_of_sorted(rung.values, (1 - 1 / reduction_factor_) * 100 / 100);
    Decision decision;
    if (value < cutoff) {
      decision = {false, fmt::format("{:.4g} at frame {}, below {:.4g}: not of the best 1/{:g} of {} trials", value,
                                     frame, cutoff, reduction_factor_, rung.trials.size() + 1)};
      ++rung.stopped;
    }
    rung.trials.insert(trial);
    if (!std::isnan(value)) rung.values.insert(std::ranges::upper_bound(rung.values, value), value);
    return decision;
  }
  return {};
}

std::optional<std::int64_t> AshaBracket::next_comparison(int trial) const {
  for (auto rung = rungs_.rbegin(); rung != rungs_.rend(); ++rung)
    if (!rung->trials.contains(trial)) return rung->first_frame();
  return std::nullopt;
}

std::vector<Rung> AshaBracket::rungs() const {
  std::vector<Rung> out;
  for (auto rung = rungs_.rbegin(); rung != rungs_.rend(); ++rung)
    out.push_back({rung->first_frame(), static_cast<int>(rung->trials.size()), rung->stopped});
  return out;
}

Asha::Asha(const SearchScheduler& spec, std::int64_t max_frame, std::uint64_t seed)
    : max_frame_(spec.max_t.value_or(max_frame)), seed_(seed) {
  for (int skipped = 0; skipped < spec.brackets; ++skipped)
    brackets_.emplace_back(static_cast<double>(spec.grace_period), static_cast<double>(max_frame_),
                           spec.reduction_factor, skipped);
}

int Asha::bracket_of(int trial) const {
  int most = 0;
  for (const AshaBracket& bracket : brackets_) most = std::max(most, bracket.num_rungs());
  std::vector<double> below;  // chances of this bracket and those before it, in proportion
  double sum = 0;
  for (const AshaBracket& bracket : brackets_) below.push_back(sum += std::exp(bracket.num_rungs() - most));
  const double drawn = Streams(seed_, static_cast<std::uint64_t>(trial), 0).stream("search_bracket").random() * sum;
  return static_cast<int>(std::ranges::upper_bound(below, drawn) - below.begin());
}

Decision Asha::report(int trial, std::int64_t frame, double value) {
  if (frame >= max_frame_) return {false, fmt::format("reached frame {}", max_frame_)};
  return brackets_[static_cast<std::size_t>(bracket_of(trial))].report(trial, frame, value);
}

std::int64_t Asha::next_comparison(int trial) const {
  return std::min(max_frame_,
                  brackets_[static_cast<std::size_t>(bracket_of(trial))].next_comparison(trial).value_or(max_frame_));
}

std::vector<Rung> Asha::rungs() const {
  std::map<std::int64_t, Rung> at;
  for (const AshaBracket& bracket : brackets_)
    for (const Rung& rung : bracket.rungs()) {
      Rung& sum = at[rung.frame];
      sum = {rung.frame, sum.reached + rung.reached, sum.stopped + rung.stopped};
    }
  std::vector<Rung> out;
  for (const auto& [frame, rung] : at) out.push_back(rung);
  return out;
}

}  // namespace slm
