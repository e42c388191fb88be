#pragma once

#include <cstdint>
#include <limits>
#include <string>

#include "slm_lab/base/profile.h"

namespace slm {

/// What a session process tells its parent: one line of JSON each, without what is empty.
struct SessionMessage {
  enum class Kind { progress, log_point, checkpoint, warning, error };
  Kind kind = Kind::progress;
  bool asks = false;    ///< log_point: the session waits for an Answer
  std::string text;     ///< log_point, warning, error: for the user
  std::string details;  ///< log_point: for the log file, and for a user who asks for level DEBUG
  std::int64_t frame = 0;
  double fps = 0;
  double seconds = 0;                                                 ///< of training so far
  PhaseSeconds phase_seconds{};                                       ///< how those divide
  double total_reward_ma = std::numeric_limits<double>::quiet_NaN();  ///< of the newest log point, as the CSV has it
  double return_ma = std::numeric_limits<double>::quiet_NaN();        ///< mean of the last 100 episodes
  double best = std::numeric_limits<double>::quiet_NaN();             ///< highest total_reward_ma

  std::string to_line() const;  ///< ends with a newline
  static SessionMessage from_line(const std::string& line);
};

}  // namespace slm
