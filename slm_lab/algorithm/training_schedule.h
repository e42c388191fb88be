#pragma once

#include <cstdint>

namespace slm {

/// When an off-policy algorithm trains: every `training_frequency` transitions once more than `start_step` were seen;
/// at most once per step of all environments. Gradient updates per frame are therefore training_iter *
/// training_batch_iter / max(training_frequency, num_envs).
struct TrainingSchedule {
  std::int64_t training_frequency, start_step;
  int num_envs;

  /// After a step that brought the number of transitions to `num_added`.
  bool due(std::int64_t num_added) const {
    return num_added > start_step && num_added / training_frequency > (num_added - num_envs) / training_frequency;
  }
};

}  // namespace slm
