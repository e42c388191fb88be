#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "slm_lab/algorithm/actor_critic_nets.h"
#include "slm_lab/algorithm/advantage_normalizer.h"
#include "slm_lab/algorithm/algorithm.h"
#include "slm_lab/algorithm/exploration.h"
#include "slm_lab/algorithm/minibatches.h"
#include "slm_lab/algorithm/plan.h"
#include "slm_lab/algorithm/schedule.h"
#include "slm_lab/algorithm/value_loss.h"
#include "slm_lab/memory/config.h"
#include "slm_lab/memory/rollout.h"

namespace slm {

struct ActorCriticConfig {
  ActionConfig action;
  double gamma = 0.99;
  std::optional<double> lam;
  std::optional<int> num_step_returns;
  int training_frequency = 32;
  std::optional<Schedule> entropy_coef_spec;
  double policy_loss_coef = 1, val_loss_coef = 1;
  bool normalize_v_targets = false;
  std::string normalize_advantages = "none";
  bool symlog = false;
  std::optional<int> minibatch_size = {};  // null: one gradient step on the whole rollout

  bool n_step() const { return !lam && num_step_returns; }
  /// Steps of every environment (or episodes) between two updates; n-step returns set it themselves.
  int update_period() const { return n_step() ? *num_step_returns : training_frequency; }
};

/// Advantage actor-critic (A2C, the synchronous form of Mnih et al. 2016): one gradient step per rollout, the policy's
/// weighted by advantages: GAE(lam), or n-step or Monte-Carlo returns minus the critic's value. With `minibatch_size`
/// one step on each of the shuffled minibatches of the rollout, each row used once.
class ActorCritic final : public Algorithm {
 public:
  ActorCritic(const ActorCriticConfig& config, const MemoryConfig& memory, const ActorCriticNetConfig& nets,
              const EnvInfo& info, const Streams& streams);

  void act(const ObservationsView& obs, ActMode mode, Rng& rng, Matrix& actions) override;
  ModeAction mode_action() const override { return exploration_.distribution().mode_action(); }
  void observe(const ObservationsView& obs, const Matrix& actions, const StepResult& step) override;
  std::optional<TrainStats> update(std::int64_t frame, Rng& rng) override;

  std::int64_t opt_step() const override { return nets_.opt_step(); }
  Coefficients coefficients() const override;
  std::vector<NamedNet> nets() override { return nets_.nets(); }
  void serialize(Archive& archive) override;
  PolicyAccess access() { return {&nets_, &exploration_.distribution()}; }

 private:
  void estimate_advantages();
  TrainStats train(Rng& rng);
  void advance(std::int64_t frame, bool trained);
  TrainStats train_minibatches(const RolloutRows& all, std::int64_t num_parts, Rng& rng);
  TrainStats step_on(const RolloutRows& rows);

  ActorCriticConfig config_;
  Space obs_space_;
  Exploration exploration_;
  ActorCriticNets nets_;
  AdvantageNormalizer advantage_normalizer_;
  ValueLoss value_loss_;
  std::unique_ptr<OnPolicyMemory> memory_;
  std::int64_t frame_ = 0;

  Vector values_, final_values_;               // of rollout.obs() and rollout.final_obs(); may be longer
  Matrix next_values_, advantages_, targets_;  // (num_steps, num_envs)
  Vector d_log_probs_;                         // (rows); may be longer
  std::vector<std::int32_t> order_;            // rows of the rollout, shuffled; with minibatch_size, as the rest
  Minibatch minibatch_;
};

/// The settings of ActorCritic, and of what stands on it.
class ActorCriticPlan final : public AlgorithmPlan {
 public:
  explicit ActorCriticPlan(AgentReader& agent);
  double gamma() const override { return config_.gamma; }
  TrainingRate training_rate(int num_envs) const override;
  void check(const EnvInfo& info, AgentReader& agent) const override;
  std::unique_ptr<Algorithm> make(const EnvInfo& info, const Streams& streams) const override;

  TrainingRate rollout_rate(int num_envs) const;  ///< how often a rollout is complete
  const MemoryConfig& memory() const { return memory_; }
  std::unique_ptr<ActorCritic> make_actor_critic(const EnvInfo& info, const Streams& streams) const;

 private:
  ActorCriticConfig config_;
  MemoryConfig memory_;
  ActorCriticNetConfig net_;
};

std::unique_ptr<const AlgorithmPlan> read_actor_critic(AgentReader& agent);

}  // namespace slm
