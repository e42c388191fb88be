#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "slm_lab/report/record.h"

namespace slm {

/// One log point in one line, its fields in fixed columns; quantities that the session does not have are left out:
/// `frame    200000  fps  12.4k  return   487.31  ma   463.60  loss   0.0312  lr 3.00e-04  entropy    0.512`
std::string log_line(const SessionRow& row);

/// What the line leaves out, for those who look into training: `policy_loss  -0.0021  value_loss    0.014  kl ...`.
/// Empty when the session has none of it.
std::string log_details(const SessionRow& row);

/// 0 for ERROR, then WARNING, INFO and DEBUG, in any case: what is higher than the user's level is not shown.
int log_rank(std::string_view level);

/// A line of a log file: `2026-11-23 06:26:47 | INFO | ppo_cartpole_t0_s0 | text`, local time, no newline at its end.
std::string stamped_line(std::chrono::system_clock::time_point time, std::string_view level, std::string_view unit,
                         std::string_view text);

}  // namespace slm
