#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

namespace slm {

/// When an off-policy algorithm trains: every `training_frequency` transitions once more than `start_step` were seen;
/// at most once per step of all environments.
struct TrainingSchedule {
  std::int64_t training_frequency, start_step;
  int num_envs;

  double rounds_per_frame() const {
    return 1.0 / static_cast<double>(std::max<std::int64_t>(training_frequency, num_envs));
  }
  /// The first number of transitions at which it is due.
  std::int64_t first() const {
    // A start beyond every run is as good as the largest number, and leaves room for the sums.
    const std::int64_t start = std::min(start_step, std::numeric_limits<std::int64_t>::max() / 2);
    const std::int64_t enough = (start / num_envs + 1) * num_envs;
    const std::int64_t period = (enough - num_envs) / training_frequency + 1;  // the first to be passed from there on
    return (period * training_frequency + num_envs - 1) / num_envs * num_envs;
  }
  /// After a step that brought the number of transitions to `num_added`.
  bool due(std::int64_t num_added) const {
    return num_added > start_step && num_added / training_frequency > (num_added - num_envs) / training_frequency;
  }
};

}  // namespace slm
