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
    rows.push_back({"95 %", interval_text(bootstrap_ci95(ma)), interval_text(bootstrap_ci95(ma100)),
                    interval_text(bootstrap_ci95(d100)), "", "", "", ""});
  }
  return text_table({"session", "total_reward_ma", "MA-100", "D-100", "+-", "frames", "frames/s", "wall"}, rows);
}

}  // namespace slm
