#pragma once

#include <span>
#include <string>

#include "slm_lab/report/metrics.h"

namespace slm {

struct SessionSummary {
  std::string name;  ///< for the first column: s0
  double frame = 0, fps = 0, seconds = 0;
  double total_reward_ma = Scalars::kNone;
  double episode_return_ma100 = Scalars::kNone;
  EvalReturn eval_return_d100;
};

/// What a trial ends with on the terminal: a row per session and, when there are several, their mean and its 95 %
/// bootstrap interval.
std::string trial_summary(std::span<const SessionSummary> sessions);

}  // namespace slm
