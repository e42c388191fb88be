#pragma once

#include <cstdint>
#include <memory>

#include "slm_lab/algorithm/off_policy_agent.h"
#include "slm_lab/algorithm/plan.h"
#include "slm_lab/algorithm/soft_actor.h"
#include "slm_lab/algorithm/soft_config.h"
#include "slm_lab/algorithm/twin_learners.h"
#include "slm_lab/net/config.h"

namespace slm {

/// The steps of CrossQ (Bhatt et al. 2024): soft actor-critic without target nets. The critics are normalised over
/// batches, and see (s, a) and (s', a') as one batch, so that both are normalised by the same statistics. Actions as
/// SAC's.
class CrossQLearner {
 public:
  CrossQLearner(const SoftConfig& config, const ActorCriticNetConfig& nets, const EnvInfo& info,
                const Streams& streams);

  TwinLearners::Fit train_critics(const Batch& batch, Rng& rng);
  void train_actor(const Batch& batch, Rng& rng, OffPolicyStats& stats);
  void advance(std::int64_t frame, bool trained, int num_envs);

  SoftActor actor;
  TwinLearners critics;

 private:
  Matrix joint_;                  // (2 * batch_size, inputs of a critic)
  Vector next_values_, targets_;  // (batch_size)
};
using CrossQ = OffPolicyAgent<CrossQLearner>;

/// Reads the settings of CrossQ.
std::unique_ptr<const AlgorithmPlan> read_crossq(AgentReader& agent);

}  // namespace slm
