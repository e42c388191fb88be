#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "slm_lab/base/profile.h"

namespace slm {

/// Where the time of one session went.
struct SessionProfile {
  int session = 0;
  std::int64_t frames = 0;
  PhaseSeconds seconds{};
};

/// Seconds and shares of every phase, their sum, and frames per second; four sessions side by side, and below them the
/// next four.
std::string profile_table(std::span<const SessionProfile> sessions);

/// The same in one line: "act 12%  env 31%  ...", without what takes less than one in a hundred.
std::string profile_line(const PhaseSeconds& seconds);

}  // namespace slm
