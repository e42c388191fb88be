#pragma once

#include "slm_lab/base/matrix.h"
#include "slm_lab/base/rng.h"

namespace slm {

/// The policy of SAC for continuous actions: a = tanh(u) in (-1, 1), u ~ Normal(mean, exp(clamp(s, -5, 2))) in each
/// dimension; the outputs of a net are the means, then s. Haarnoja et al. 2018, appendix C.
class SquashedNormal {
 public:
  explicit SquashedNormal(int action_dim) : action_dim_(action_dim) {}

  /// Draws actions() and their log_probs(), differentiable through the noise (n rows).
  void sample(const ConstMatrixRef& outputs, Rng& rng);
  const Matrix& actions() const { return actions_; }      // (n, action_dim)
  const Vector& log_probs() const { return log_probs_; }  // (n), summed over action dimensions
  /// Overwrites `d_outputs` (n, 2 action_dim) with the gradient of a loss that depends on the last sample as
  /// d_log_probs * log_probs + sum d_actions * actions; `d_actions` (n, action_dim).
  void gradient(float d_log_probs, const ConstMatrixRef& d_actions, Matrix& d_outputs) const;

  /// tanh of the means.
  void mode(const ConstMatrixRef& outputs, Matrix& actions) const;

 private:
  int action_dim_;
  Matrix actions_, noise_, std_, not_clamped_, softplus_;  // (n, action_dim)
  Vector log_probs_;
};

}  // namespace slm
