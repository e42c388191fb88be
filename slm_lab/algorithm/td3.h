#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "slm_lab/algorithm/deterministic_policy.h"
#include "slm_lab/algorithm/off_policy_agent.h"
#include "slm_lab/algorithm/plan.h"
#include "slm_lab/algorithm/schedule.h"
#include "slm_lab/algorithm/twin_critics.h"
#include "slm_lab/net/config.h"
#include "slm_lab/net/target_net.h"
#include "slm_lab/net/trainer.h"

namespace slm {

struct Td3Config {
  OffPolicyConfig loop;
  int policy_delay = 2;
  // Standard deviations and bounds of Gaussian noise, in units of actions that go from -1 to 1:
  Schedule explore_var_spec{.start_val = 0.1, .end_val = 0.1};  ///< on what is done
  double policy_noise = 0.2, noise_clip = 0.5;                  ///< on what the targets do next
};

/// The policy of TD3: deterministic, with a slow copy of itself for targets, and noise on what it does.
class Td3Actor {
 public:
  Td3Actor(const Td3Config& config, const NetConfig& net, const EnvInfo& info, const Streams& streams);

  void act(const ObservationsView& obs, ActMode mode, std::int64_t frame, Rng& rng, Matrix& actions);
  void act_uniformly(Eigen::Index n, Rng& rng, Matrix& actions);
  /// What the slow copy does in `obs` (n, obs_dim), smoothed by noise, into `actions` (n, action_dim).
  void act_as_target(const ObservationsView& obs, Rng& rng, Matrix& actions);

  /// A step up `critic` on `obs` (n, obs_dim), and a polyak step of the copy.
  void train(const ObservationsView& obs, Trainer& critic, OffPolicyStats& stats);
  void advance(std::int64_t frame, bool trained, int num_envs);

  double entropy() const { return TrainStats::kNone; }
  Coefficients coefficients(std::int64_t frame) const { return {.explore_var = config_.explore_var_spec.at(frame)}; }
  double lr() const { return actor_.lr(); }
  std::int64_t opt_step() const { return actor_.opt_step(); }
  void append_nets(std::vector<NamedNet>& nets);
  void share_work(ThreadPool& threads);
  void serialize(Archive& archive);

 private:
  Td3Config config_;
  Space unit_space_;  // of actions
  Trainer actor_;
  TargetNet target_actor_;
  DeterministicPolicy policy_;
};

/// The steps of twin delayed deterministic policy gradient (Fujimoto et al. 2018): two critics of which the smaller
/// counts, targets that are smoothed by noise on their action, and a deterministic actor that moves less often.
class Td3Learner {
 public:
  Td3Learner(const Td3Config& config, const NetConfig& net, const EnvInfo& info, const Streams& streams);

  TwinLearners::Fit train_critics(const Batch& batch, Rng& rng);
  void train_actor(const Batch& batch, Rng& rng, OffPolicyStats& stats);
  void advance(std::int64_t frame, bool trained, int num_envs);

  Td3Actor actor;
  TwinCritics critics;

 private:
  void bootstrap(const Batch& batch, Rng& rng);

  Matrix next_actions_, inputs_;  // (batch_size, action_dim), (batch_size, obs_dim + action_dim)
  Matrix first_output_;           // (batch_size, 1) zeros: a critic has one
  Vector targets_;                // (batch_size)
};
using Td3 = OffPolicyAgent<Td3Learner>;

/// Reads the settings of TD3.
std::unique_ptr<const AlgorithmPlan> read_td3(AgentReader& agent);

}  // namespace slm
