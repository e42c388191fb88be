#pragma once

#include <chrono>

namespace slm {

/// A durable write costs 5 to 20 ms, and a short run has hundreds of log points: so a checkpoint is due at the first
/// log point after some seconds of wall-clock. Nothing in the results depends on when that is.
class CheckpointTimer {
 public:
  explicit CheckpointTimer(double seconds) : interval_(seconds) {}
  bool due() const { return std::chrono::steady_clock::now() - last_ >= interval_; }
  void restart() { last_ = std::chrono::steady_clock::now(); }

 private:
  std::chrono::duration<double> interval_;
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

}  // namespace slm
