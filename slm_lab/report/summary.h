#pragma once

#include <cstdint>
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
  std::int64_t opt_step = 0;  ///< 0: never trained
};

/// What a trial ends with on the terminal: a row per session and, when there are several, their mean and their range;
/// from five on, fewer give too narrow a one, also the mean's 95 % bootstrap interval. Says which sessions never
/// trained.
std::string trial_summary(std::span<const SessionSummary> sessions);

}  // namespace slm
