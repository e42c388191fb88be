#include "slm_lab/algorithm/training_rate.h"

#include <fmt/format.h>

#include "slm_lab/memory/config.h"

namespace slm {

TrainingRate rollout_rate(const MemoryConfig& memory, int training_frequency, int num_envs) {
  if (memory.name != "OnPolicyBatchReplay") return {1.0 / training_frequency, TrainingRate::Unit::episode};
  const std::int64_t rows = static_cast<std::int64_t>(training_frequency) * num_envs;
  return {1.0 / static_cast<double>(rows), TrainingRate::Unit::frame, rows};
}

std::string training_rate_text(const TrainingRate& rate) {
  const bool per_frame = rate.unit == TrainingRate::Unit::frame;
  return fmt::format("gradient updates per {}: {:.4g}", per_frame ? "frame" : "episode", rate.updates);
}

}  // namespace slm
