#include "slm_lab/algorithm/training_rate.h"

#include <fmt/format.h>

#include <cmath>

#include "slm_lab/algorithm/training_schedule.h"

namespace slm {
namespace {

/// Algorithms that update once per rollout.
TrainingRate per_rollout(const MemoryConfig& memory, int training_frequency, int num_envs, double updates) {
  if (memory.name != "OnPolicyBatchReplay") return {updates / training_frequency, TrainingRate::Unit::episode};
  return {updates / (static_cast<double>(training_frequency) * num_envs)};
}

TrainingRate ppo_rate(const PpoConfig& ppo, int num_envs, double more_updates) {
  const PpoSizes sizes = ppo_sizes(ppo, num_envs);
  const double rows = static_cast<double>(sizes.time_horizon) * num_envs;
  return {(ppo.training_epoch * std::ceil(rows / sizes.minibatch_size) + more_updates) / rows};
}

double imitation_updates(const ImitationConfig& c) {
  return static_cast<double>(c.training_iter) * c.training_batch_iter;
}

struct Rate {
  const MemoryConfig& memory;
  int num_envs;

  TrainingRate operator()(const RandomConfig&) const { return {}; }
  TrainingRate operator()(const ReinforceConfig& c) const {
    return per_rollout(memory, c.training_frequency, num_envs, 1);
  }
  TrainingRate operator()(const SarsaConfig& c) const { return per_rollout(memory, c.training_frequency, num_envs, 1); }
  TrainingRate operator()(const ActorCriticConfig& c) const {
    return per_rollout(memory, c.update_period(), num_envs, 1);
  }
  TrainingRate operator()(const SilConfig& c) const {
    return per_rollout(memory, c.base.update_period(), num_envs, 1 + imitation_updates(c.imitation));
  }
  TrainingRate operator()(const PpoConfig& c) const { return ppo_rate(c, num_envs, 0); }
  TrainingRate operator()(const PpoSilConfig& c) const {
    return ppo_rate(c.base, num_envs, imitation_updates(c.imitation));
  }
  TrainingRate operator()(const DqnConfig& c) const {
    const TrainingSchedule schedule{c.training_frequency, 0, num_envs};
    return {schedule.rounds_per_frame() * c.training_iter * c.training_batch_iter};
  }
  TrainingRate operator()(const SacConfig& c) const {
    const TrainingSchedule schedule{c.training_frequency, 0, num_envs};
    return {schedule.rounds_per_frame() * c.training_iter.value_or(num_envs)};
  }
};

}  // namespace

TrainingRate training_rate(const AgentConfig& config, int num_envs) {
  return std::visit(Rate{config.memory, num_envs}, config.algorithm);
}

std::string training_rate_text(const TrainingRate& rate) {
  const bool per_frame = rate.unit == TrainingRate::Unit::frame;
  return fmt::format("gradient updates per {}: {:.4g}", per_frame ? "frame" : "episode", rate.updates);
}

}  // namespace slm
