#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "slm_lab/algorithm/algorithm.h"
#include "slm_lab/algorithm/exploration.h"
#include "slm_lab/algorithm/plan.h"
#include "slm_lab/algorithm/q_values.h"
#include "slm_lab/algorithm/sac_loss.h"
#include "slm_lab/algorithm/squashed_normal.h"
#include "slm_lab/algorithm/target_net.h"
#include "slm_lab/algorithm/temperature.h"
#include "slm_lab/algorithm/training_schedule.h"
#include "slm_lab/memory/replay.h"
#include "slm_lab/net/config.h"
#include "slm_lab/net/trainer.h"

namespace slm {

struct SacConfig {
  ActionConfig action;
  double gamma = 0.99;
  int training_frequency = 1;                       // frames
  std::optional<int> training_iter;                 // absent: num_envs
  std::optional<std::int64_t> training_start_step;  // absent: memory.batch_size
  int num_step_returns = 1;
  int policy_delay = 1;
  std::variant<std::string, double> target_entropy = "auto";  // or a number, in nats
  TemperatureConfig temperature;
};

/// Soft actor-critic (Haarnoja et al. 2018): two critics, a temperature that holds the policy's entropy. Continuous
/// actions are tanh-squashed and live in [-1, 1] everywhere but in the environment; of discrete ones every expectation
/// is exact (Christodoulou 2019).
class Sac final : public Algorithm {
 public:
  Sac(const SacConfig& config, const ReplayConfig& replay, const NetConfig& net, const EnvInfo& info,
      const Streams& streams);

  void act(const Matrix& obs, ActMode mode, Rng& rng, Matrix& actions) override;
  ActionRange action_range() const override { return ActionRange::unit; }
  void observe(const Matrix& obs, const Matrix& actions, const StepResult& step) override;
  std::optional<TrainStats> update(std::int64_t frame, Rng& rng) override;

  std::int64_t opt_step() const override;
  Coefficients coefficients() const override;
  std::vector<NamedNet> nets() override;
  void serialize(Archive& archive) override;

 private:
  struct Critic {
    Trainer online;
    TargetNet target;
  };
  struct Losses {
    double q = 0, policy = 0, entropy = 0, grad_norm = 0;
  };

  Critic make_critic(NetConfig net, const EnvInfo& info, Rng init) const;
  TrainStats train(Rng& rng);
  void bootstrap(Rng& rng);
  void train_critics(Losses& losses);
  void train_actor(Rng& rng, Losses& losses);

  bool discrete() const { return action_space_.is_discrete(); }

  SacConfig config_;
  Space action_space_;
  TrainingSchedule schedule_;
  Exploration exploration_;  // of discrete actions
  Space squashed_space_;     // continuous: [-1, 1] in every dimension
  SquashedNormal acting_;    // of continuous ones
  DiscreteSoftPolicy discrete_policy_;
  ContinuousSoftPolicy continuous_policy_;
  Trainer actor_;
  std::array<Critic, 2> critics_;
  Temperature temperature_;
  Replay replay_;
  QLoss loss_;
  std::int64_t frame_ = 0, iteration_ = 0;

  Batch batch_;
  Matrix inputs_;                             // (n, obs_dim + action_dim)  continuous: what the critics see
  Matrix first_output_;                       // (n, 1)  0, the "action" of a critic with one output
  Matrix min_q_;                              // (n, num_actions)  discrete: the smaller of the critics
  Vector targets_, next_values_, td_errors_;  // (n); td_errors_: of the smaller Q(s, a)
  double entropy_ = 0;                        // mean over the last batch
};

/// Reads the settings of SoftActorCritic.
std::unique_ptr<const AlgorithmPlan> read_sac(AgentReader& agent);

}  // namespace slm
