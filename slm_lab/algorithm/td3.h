#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "slm_lab/algorithm/algorithm.h"
#include "slm_lab/algorithm/deterministic_policy.h"
#include "slm_lab/algorithm/off_policy_loop.h"
#include "slm_lab/algorithm/off_policy_stats.h"
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

/// Twin delayed deterministic policy gradient (Fujimoto et al. 2018): two critics of which the smaller counts, targets
/// that are smoothed by noise on their action, and a deterministic actor that moves less often. Actions live in [-1, 1]
/// everywhere but in the environment.
class Td3 final : public Algorithm {
 public:
  Td3(const Td3Config& config, const ReplayConfig& replay, const NetConfig& net, const EnvInfo& info,
      const Streams& streams);

  void act(const ObservationsView& obs, ActMode mode, Rng& rng, Matrix& actions) override;
  ActionRange action_range() const override { return ActionRange::unit; }
  void observe(const ObservationsView& obs, const Matrix& actions, const StepResult& step) override;
  std::optional<TrainStats> update(std::int64_t frame, Rng& rng) override;

  std::int64_t opt_step() const override;
  Coefficients coefficients() const override;
  std::vector<NamedNet> nets() override;
  void share_work(ThreadPool& threads) override;
  void serialize(Archive& archive) override;

 private:
  TrainStats train(Rng& rng);
  void bootstrap(Rng& rng);
  void train_critics(OffPolicyStats& stats);
  void train_actor(OffPolicyStats& stats);

  Td3Config config_;
  Space unit_space_;  // of actions
  Trainer actor_;
  TargetNet target_actor_;
  TwinCritics critics_;
  DeterministicPolicy policy_;
  OffPolicyLoop loop_;
  std::int64_t frame_ = 0, iteration_ = 0;

  Matrix next_actions_, inputs_;  // (batch_size, action_dim), (batch_size, obs_dim + action_dim)
  Matrix first_output_;           // (batch_size, 1) zeros: a critic has one
  Vector targets_;                // (batch_size)
};

/// Reads the settings of TD3.
std::unique_ptr<const AlgorithmPlan> read_td3(AgentReader& agent);

}  // namespace slm
