#pragma once

#include <cstdint>
#include <string>

namespace slm {

struct MemoryConfig;

/// How much an agent trains for what it sees (docs/algorithms.md). A gradient update is one batch through one optimiser
/// step of every net that it trains; SAC's critics count, its actor may be delayed.
struct TrainingRate {
  double updates = 0;  ///< per unit, in the long run
  enum class Unit { frame, episode } unit = Unit::frame;
  std::int64_t first_frame = 0;  ///< of the first update; 0: not known, as with episodes
};

/// How often an on-policy memory is ready: after `training_frequency` steps of every environment, or episodes.
TrainingRate rollout_rate(const MemoryConfig& memory, int training_frequency, int num_envs);

/// "gradient updates per frame: 0.25".
std::string training_rate_text(const TrainingRate& rate);

}  // namespace slm
