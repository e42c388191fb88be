#include "slm_lab/report/summary.h"

#include <fmt/format.h>

#include <cmath>

#include "slm_lab/report/number_text.h"
#include "slm_lab/report/table.h"

namespace slm {
namespace {

std::string interval_text(const Interval& interval) {
  if (std::isnan(interval.low)) return "-";
  return fmt::format("{} .. {}", return_text(interval.low), return_text(interval.high));
}

Interval range_of(const std::vector<double>& values) {
  Interval range;
  for (const double value : values) {
    range.low = std::fmin(range.low, value);  // the number where the other is NaN
    range.high = std::fmax(range.high, value);
  }
  return range;
}

/// One line, or nothing.
std::string never_trained(std::span<const SessionSummary> sessions) {
  std::size_t count = 0;
  std::string joined;
  for (const SessionSummary& session : sessions) {
    if (session.opt_step != 0) continue;
    joined.append(count++ == 0 ? "" : ", ").append(session.name);
  }
  if (count == 0) return "";
  return fmt::format("{} never trained: not one optimiser step in the whole run\n",
                     count == sessions.size() && count > 1 ? "all sessions" : joined);
}

}  // namespace

std::string trial_summary(std::span<const SessionSummary> sessions) {
  std::vector<std::vector<std::string>> rows;
  std::vector<double> ma, ma100, d100, fps, seconds;
  for (const SessionSummary& session : sessions) {
    const EvalReturn& eval = session.eval_return_d100;
    rows.push_back({session.name, return_text(session.total_reward_ma), return_text(session.episode_return_ma100),
                    return_text(eval.mean), return_text(eval.std), count_text(session.frame), count_text(session.fps),
                    duration_text(session.seconds)});
    ma.push_back(session.total_reward_ma);
    ma100.push_back(session.episode_return_ma100);
    d100.push_back(eval.mean);
    fps.push_back(session.fps);
    seconds.push_back(session.seconds);
  }
  if (sessions.size() > 1) {
    rows.push_back({"mean", return_text(mean(ma)), return_text(mean(ma100)), return_text(mean(d100)), "", "",
                    count_text(mean(fps)), duration_text(mean(seconds))});
    const auto add_intervals = [&](const char* name, auto interval) {
      rows.push_back({name, interval_text(interval(ma)), interval_text(interval(ma100)), interval_text(interval(d100)),
                      "", "", "", ""});
    };
    add_intervals("range", range_of);
    if (sessions.size() >= kFewestForInterval)
      add_intervals("95 %", [](const std::vector<double>& values) { return bootstrap_ci95(values); });
  }
  return text_table({"session", "total_reward_ma", "MA-100", "D-100", "+-", "frames", "frames/s", "wall"}, rows) +
         never_trained(sessions);
}

}  // namespace slm
