#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "slm_lab/algorithm/algorithm.h"
#include "slm_lab/algorithm/categorical_head.h"
#include "slm_lab/algorithm/exploration.h"
#include "slm_lab/algorithm/off_policy_loop.h"
#include "slm_lab/algorithm/q_head.h"
#include "slm_lab/net/config.h"
#include "slm_lab/net/target_net.h"
#include "slm_lab/net/trainer.h"

namespace slm {

struct DqnConfig {
  enum class Target {
    online,         ///< VanillaDQN: max_a Q(s', a) of the net itself
    target,         ///< DQNBase, DQN: max_a of the target net
    double_target,  ///< DoubleDQN: the online net chooses, the target net values
  };
  std::string name = "DQN";
  Target target = Target::target;
  std::optional<AtomsConfig> atoms = {};  ///< C51: the returns that values are distributions over
  ActionConfig action;
  OffPolicyConfig loop;
  int training_batch_iter = 1;  // gradient steps per batch
};

/// Deep Q-learning (Mnih et al. 2015), double (van Hasselt et al. 2016), of values or of distributions of returns
/// (Bellemare et al. 2017), from a uniform or a prioritised replay.
class Dqn final : public Algorithm {
 public:
  Dqn(const DqnConfig& config, const ReplayConfig& replay, const NetConfig& net, const EnvInfo& info,
      const Streams& streams);

  void act(const ObservationsView& obs, ActMode mode, Rng& rng, Matrix& actions) override;
  void observe(const ObservationsView& obs, const Matrix& actions, const StepResult& step) override;
  std::optional<TrainStats> update(std::int64_t frame, Rng& rng) override;

  std::int64_t opt_step() const override { return online_.opt_step(); }
  Coefficients coefficients() const override;
  std::map<std::string, std::string> head_description() const override;
  std::vector<NamedNet> nets() override;
  void serialize(Archive& archive) override;

 private:
  TrainStats train(Rng& rng);
  void bootstrap();
  QHead::Fit train_batch(double& grad_norm);

  DqnConfig config_;
  Exploration exploration_;
  Trainer online_;
  std::optional<TargetNet> target_;  // none of VanillaDQN
  OffPolicyLoop loop_;
  std::unique_ptr<QHead> head_;
  std::int64_t frame_ = 0;
};

/// Reads the settings of VanillaDQN, DQNBase, DQN, DoubleDQN or C51.
std::unique_ptr<const AlgorithmPlan> read_dqn(AgentReader& agent);

}  // namespace slm
