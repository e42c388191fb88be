#pragma once

#include <algorithm>
#include <chrono>

namespace slm {

/// A durable write costs 5 to 20 ms, that of a large replay more, and a short run has hundreds of log points: so a
/// checkpoint is due at the first log point after some seconds of wall-clock, and after 20 times what the last one
/// cost. With 0 seconds every log point has one. Nothing in the results depends on when that is.
class CheckpointTimer {
 public:
  explicit CheckpointTimer(double seconds) : least_(seconds), interval_(seconds) {}
  bool due() const { return Clock::now() - last_ >= interval_; }
  void begin_save() { save_began_ = Clock::now(); }
  void end_save() {
    last_ = Clock::now();
    if (least_.count() > 0) interval_ = std::max(least_, kSaves * Seconds(last_ - save_began_));
  }

 private:
  using Clock = std::chrono::steady_clock;
  using Seconds = std::chrono::duration<double>;
  static constexpr double kSaves = 20;

  Seconds least_, interval_;
  Clock::time_point last_ = Clock::now(), save_began_ = last_;
};

}  // namespace slm
