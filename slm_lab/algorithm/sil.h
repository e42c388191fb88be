#pragma once

#include <memory>

#include "slm_lab/algorithm/actor_critic_nets.h"
#include "slm_lab/algorithm/algorithm.h"
#include "slm_lab/algorithm/plan.h"
#include "slm_lab/memory/imitation_replay.h"

namespace slm {

struct ImitationConfig {
  double sil_policy_loss_coef = 1, sil_val_loss_coef = 0.01;
  int training_iter = 1;        // batches drawn after each update of the base algorithm
  int training_batch_iter = 1;  // gradient steps on each batch
};

/// Self-imitation learning (Oh et al. 2018) over an on-policy algorithm: after each of its updates, extra steps on past
/// actions that turned out better than the critic expects.
class SelfImitation final : public Algorithm {
 public:
  /// `access` gives the parts of `base` that imitation trains.
  SelfImitation(std::unique_ptr<Algorithm> base, PolicyAccess access, const ImitationConfig& config, double gamma,
                const ReplayConfig& replay, const EnvInfo& info);

  void act(const ObservationsView& obs, ActMode mode, Rng& rng, Matrix& actions) override {
    base_->act(obs, mode, rng, actions);
  }
  ActionRange action_range() const override { return base_->action_range(); }
  ModeAction mode_action() const override { return base_->mode_action(); }
  void observe(const ObservationsView& obs, const Matrix& actions, const StepResult& step) override;
  std::optional<TrainStats> update(std::int64_t frame, Rng& rng) override;

  std::int64_t opt_step() const override { return base_->opt_step(); }
  Coefficients coefficients() const override { return base_->coefficients(); }
  std::vector<NamedNet> nets() override { return base_->nets(); }
  void serialize(Archive& archive) override;

 private:
  double imitate();

  std::unique_ptr<Algorithm> base_;
  PolicyAccess access_;
  ImitationConfig config_;
  ImitationReplay replay_;

  Vector final_values_;  // (num_envs)  of observations at which the clock ends an episode
  ImitationBatch batch_;
  Vector advantages_, d_log_probs_;  // (batch_size)
};

std::unique_ptr<const AlgorithmPlan> read_sil(AgentReader& agent);      ///< over ActorCritic
std::unique_ptr<const AlgorithmPlan> read_ppo_sil(AgentReader& agent);  ///< over PPO

struct ImitationLoss {
  double policy_loss, value_loss;
};
/// Writes the gradients with respect to log-probabilities and values, and the advantages max(R - V, 0); all (n).
/// `weights`: of each row's share.
ImitationLoss imitation_loss(const ImitationConfig& config, const Eigen::Ref<const Vector>& log_probs,
                             const Eigen::Ref<const Vector>& values, const Eigen::Ref<const Vector>& returns,
                             const Eigen::Ref<const Vector>& weights, Vector& advantages, Vector& d_log_probs,
                             Eigen::Ref<Vector> d_values);

}  // namespace slm
