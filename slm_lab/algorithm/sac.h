#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "slm_lab/algorithm/algorithm.h"
#include "slm_lab/algorithm/off_policy_loop.h"
#include "slm_lab/algorithm/off_policy_stats.h"
#include "slm_lab/algorithm/plan.h"
#include "slm_lab/algorithm/soft_actor.h"
#include "slm_lab/algorithm/soft_config.h"
#include "slm_lab/algorithm/twin_critics.h"
#include "slm_lab/net/config.h"
#include "slm_lab/net/trainer.h"

namespace slm {

/// Soft actor-critic (Haarnoja et al. 2018): two critics, a temperature that holds the policy's entropy. Continuous
/// actions are tanh-squashed and live in [-1, 1] everywhere but in the environment; of discrete ones every expectation
/// is exact (Christodoulou 2019).
class Sac final : public Algorithm {
 public:
  Sac(const SoftConfig& config, const ReplayConfig& replay, const NetConfig& net, const EnvInfo& info,
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

  SoftConfig config_;
  SoftActor actor_;
  TwinCritics critics_;
  OffPolicyLoop loop_;
  std::int64_t frame_ = 0, iteration_ = 0;

  Vector next_values_, targets_;  // (batch_size)
};

/// Reads the settings of SoftActorCritic.
std::unique_ptr<const AlgorithmPlan> read_sac(AgentReader& agent);

}  // namespace slm
