#pragma once

#include <cstdint>
#include <memory>

#include "slm_lab/algorithm/off_policy_agent.h"
#include "slm_lab/algorithm/plan.h"
#include "slm_lab/algorithm/soft_actor.h"
#include "slm_lab/algorithm/soft_config.h"
#include "slm_lab/algorithm/twin_critics.h"
#include "slm_lab/net/config.h"

namespace slm {

/// The steps of soft actor-critic (Haarnoja et al. 2018): two critics, a temperature that holds the policy's entropy.
/// Of continuous actions, which are tanh-squashed, and of discrete ones, of which every expectation is exact
/// (Christodoulou 2019).
class SacLearner {
 public:
  SacLearner(const SoftConfig& config, const NetConfig& net, const EnvInfo& info, const Streams& streams);

  TwinLearners::Fit train_critics(const Batch& batch, Rng& rng);
  void train_actor(const Batch& batch, Rng& rng, OffPolicyStats& stats);
  void advance(std::int64_t frame, bool trained, int num_envs);

  SoftActor actor;
  TwinCritics critics;

 private:
  void bootstrap(const Batch& batch, Rng& rng);

  Vector next_values_, targets_;  // (batch_size)
};
using Sac = OffPolicyAgent<SacLearner>;

/// Reads the settings of SoftActorCritic.
std::unique_ptr<const AlgorithmPlan> read_sac(AgentReader& agent);

}  // namespace slm
