#pragma once

#include <array>
#include <memory>

#include "slm_lab/algorithm/exploration.h"
#include "slm_lab/algorithm/squashed_normal.h"
#include "slm_lab/algorithm/twin_critics.h"
#include "slm_lab/base/matrix.h"

namespace slm {

/// What the loss of a SoftPolicy is computed of. Discrete actions, whose every value the critics have just said, do not
/// look at `obs` and `critics`; continuous ones, which are drawn anew, not at `min_q`.
struct SoftLossInputs {
  ConstMatrixRef outputs;  // (n, num_outputs)  of the actor for obs
  ObservationsView obs;    // (n, obs_dim)
  TwinLearners& critics;
  const Matrix& min_q;  // (n, critic_outputs())  the smaller of the critics' values before their last step
  float alpha;
};

/// The actor's side of soft actor-critic: how actions are drawn from a net's outputs, what they are worth with the
/// entropy counted in, and the loss of the policy. There are two kinds.
class SoftPolicy {
 public:
  virtual ~SoftPolicy() = default;

  virtual void act(const ConstMatrixRef& outputs, ActMode mode, std::int64_t frame, Rng& rng, Matrix& actions) = 0;
  /// `n` actions that do not depend on a state.
  virtual void act_uniformly(Eigen::Index n, Rng& rng, Matrix& actions) = 0;

  // What a critic of this policy sees and says:
  virtual const Space& critic_space() const = 0;
  virtual int critic_outputs() const = 0;  ///< values
  virtual ObservationsView critic_inputs(const ObservationsView& obs, const Matrix& actions) = 0;
  /// The critics' output that is Q(s, a); (n, 1).
  virtual ConstMatrixRef critic_columns(const Matrix& actions) = 0;

  /// Looks ahead from `obs` (n, obs_dim) with `outputs` of the actor for it. Returns what critics see of that, which
  /// like the outputs must live until values().
  virtual ObservationsView look_ahead(const ConstMatrixRef& outputs, const ObservationsView& obs, Rng& rng) = 0;
  /// V(s) = E_a[min_i Q_i(s, a) - alpha log pi(a|s)] into `values` (n), with the critics' `q1` and `q2` (n,
  /// critic_outputs()) of what look_ahead() gave.
  virtual void values(const ConstMatrixRef& q1, const ConstMatrixRef& q2, float alpha, Vector& values) = 0;
  /// J = mean of E_a[alpha log pi(a|s) - min_i Q_i(s, a)].
  virtual double loss(const SoftLossInputs& of, Rng& rng) = 0;
  // Of the last loss():
  const Matrix& d_outputs() const { return d_outputs_; }  ///< its gradient with respect to `outputs`
  double entropy() const { return entropy_; }             ///< mean over the rows, nats

 protected:
  Matrix d_outputs_;
  double entropy_ = 0;
};

/// Of discrete actions, with exact expectations over them (Christodoulou 2019); the critics give a value per action.
class DiscreteSoftPolicy final : public SoftPolicy {
 public:
  DiscreteSoftPolicy(const ActionConfig& config, const EnvInfo& info);

  void act(const ConstMatrixRef& outputs, ActMode mode, std::int64_t frame, Rng& rng, Matrix& actions) override;
  void act_uniformly(Eigen::Index n, Rng& rng, Matrix& actions) override;
  const Space& critic_space() const override { return obs_space_; }
  int critic_outputs() const override { return action_space_.n; }
  ObservationsView critic_inputs(const ObservationsView& obs, const Matrix&) override { return obs; }
  ConstMatrixRef critic_columns(const Matrix& actions) override { return actions; }
  ObservationsView look_ahead(const ConstMatrixRef& outputs, const ObservationsView& obs, Rng& rng) override;
  void values(const ConstMatrixRef& q1, const ConstMatrixRef& q2, float alpha, Vector& values) override;
  double loss(const SoftLossInputs& of, Rng& rng) override;

 private:
  void softmax(const ConstMatrixRef& logits);

  Space obs_space_, action_space_;
  Exploration exploration_;
  Matrix probs_, log_probs_, min_q_;  // (n, num_actions)
};

/// Of continuous actions in [-1, 1], by the reparameterised sample of a squashed Normal (Haarnoja et al. 2018); the
/// critics take [obs, action] and have one output.
class ContinuousSoftPolicy final : public SoftPolicy {
 public:
  explicit ContinuousSoftPolicy(const EnvInfo& info);

  void act(const ConstMatrixRef& outputs, ActMode mode, std::int64_t frame, Rng& rng, Matrix& actions) override;
  void act_uniformly(Eigen::Index n, Rng& rng, Matrix& actions) override;
  const Space& critic_space() const override { return critic_space_; }
  int critic_outputs() const override { return 1; }
  ObservationsView critic_inputs(const ObservationsView& obs, const Matrix& actions) override;
  ConstMatrixRef critic_columns(const Matrix& actions) override;
  ObservationsView look_ahead(const ConstMatrixRef& outputs, const ObservationsView& obs, Rng& rng) override;
  void values(const ConstMatrixRef& q1, const ConstMatrixRef& q2, float alpha, Vector& values) override;
  double loss(const SoftLossInputs& of, Rng& rng) override;

 private:
  int action_dim_;
  Space critic_space_;              // [obs, action] in one row
  Space unit_space_;                // [-1, 1] in every dimension
  SquashedNormal acting_, policy_;  // apart: evaluation in between changes nothing
  Matrix inputs_;                   // (n, obs_dim + action_dim)
  Matrix first_output_;             // (n, 1) zeros
  Vector q_[2];                     // (n)
  // Of each critic, (n, 1) and (n, action_dim); of both together.
  std::array<Matrix, 2> d_q_, d_actions_of_;
  Matrix d_actions_;
};

/// The kind that fits the actions of the environment.
std::unique_ptr<SoftPolicy> make_soft_policy(const ActionConfig& config, const EnvInfo& info);

}  // namespace slm
