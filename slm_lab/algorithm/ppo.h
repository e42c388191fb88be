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

struct PpoConfig {
  ActionConfig action;
  double gamma = 0.99;
  double lam = 0.95;
  Schedule clip_eps_spec;
  std::optional<Schedule> entropy_coef_spec;
  double val_loss_coef = 1;
  int time_horizon = 128;
  int minibatch_size = 4;
  int training_epoch = 4;
  bool normalize_v_targets = false;
  // beyond the reference's 4.3
  std::string normalize_advantages = "standardize";
  bool recompute_advantages = false;
  std::optional<double> target_kl;
  bool clip_vloss = false;
  bool symlog = false;
};

/// The sizes used: when one of the two is not a multiple of num_envs, the reference rounds both up to one, and so do
/// we.
struct PpoSizes {
  int time_horizon;    ///< steps of each environment per rollout
  int minibatch_size;  ///< rows per gradient step
};
PpoSizes ppo_sizes(const PpoConfig& config, int num_envs);

/// Proximal policy optimisation with the clipped objective (Schulman et al. 2017).
class Ppo final : public Algorithm {
 public:
  Ppo(const PpoConfig& config, const ActorCriticNetConfig& nets, const EnvInfo& info, const Streams& streams);

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
  TrainStats train(Rng& rng);
  void advance(std::int64_t frame, bool trained);
  void estimate_advantages();
  RolloutRows gather(std::span<const std::int32_t> rows);
  TrainStats train_minibatch(std::span<const std::int32_t> rows);

  PpoConfig config_;
  PpoSizes sizes_;
  Exploration exploration_;
  ActorCriticNets nets_;
  AdvantageNormalizer advantage_normalizer_;
  ValueLoss value_loss_;
  OnPolicyBatchReplay memory_;
  std::int64_t frame_ = 0;

  Vector log_probs_;                           // (rows) of the rollout's actions when they were drawn
  Vector values_, final_values_;               // of rollout.obs() and rollout.final_obs(); may be longer
  Matrix next_values_, advantages_, targets_;  // (num_steps, num_envs)
  std::vector<std::int32_t> order_;            // rows of the rollout, shuffled every epoch
  Minibatch minibatch_;
  Vector old_log_probs_, old_values_, d_log_probs_;  // (rows) of the largest minibatch
};

/// The settings of PPO, and of what stands on it.
class PpoPlan final : public AlgorithmPlan {
 public:
  explicit PpoPlan(AgentReader& agent);
  double gamma() const override { return config_.gamma; }
  TrainingRate training_rate(int num_envs) const override;
  void check(const EnvInfo& info, AgentReader& agent) const override;
  std::unique_ptr<Algorithm> make(const EnvInfo& info, const Streams& streams) const override;

  TrainingRate rollout_rate(int num_envs) const;  ///< how often a rollout is complete
  const MemoryConfig& memory() const { return memory_; }
  std::unique_ptr<Ppo> make_ppo(const EnvInfo& info, const Streams& streams) const;

 private:
  PpoConfig config_;
  MemoryConfig memory_;
  ActorCriticNetConfig net_;
};

std::unique_ptr<const AlgorithmPlan> read_ppo(AgentReader& agent);

struct SurrogateLoss {
  float loss;           ///< -mean(min(ratio A, clip(ratio, 1 - eps, 1 + eps) A)), eq. 7
  float kl;             ///< mean(ratio - 1 - log ratio), an estimate of KL(old || new)
  float clip_fraction;  ///< rows whose ratio lies outside of 1 -+ eps
};
/// Writes the gradient with respect to `log_probs` into `d_log_probs`; all (n).
SurrogateLoss clipped_surrogate(const Eigen::Ref<const Vector>& log_probs,
                                const Eigen::Ref<const Vector>& old_log_probs,
                                const Eigen::Ref<const Vector>& advantages, float clip_eps,
                                Eigen::Ref<Vector> d_log_probs);

}  // namespace slm
