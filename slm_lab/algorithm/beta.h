#pragma once

#include "slm_lab/algorithm/distribution.h"

namespace slm {

/// Independent Beta distribution per action dimension, stretched from [0, 1] to its finite bounds (Chou et al. 2017):
/// no action lies beyond them, and no probability piles up on them. Outputs are raw alphas, then raw betas; alpha = 1 +
/// softplus(raw), beta likewise, so that there is one mode. The action without chance is the mean,
/// alpha / (alpha + beta).
class Beta final : public Distribution {
 public:
  explicit Beta(const Space& action_space);
  void sample(const ConstMatrixRef& outputs, Rng& rng, MatrixRef actions) override;
  void mode(const ConstMatrixRef& outputs, MatrixRef actions) const override;
  ModeAction mode_action() const override { return ModeAction::beta_mean; }
  void evaluate(const ConstMatrixRef& outputs, const ConstMatrixRef& actions) override;
  void gradient(const Values& d_log_probs, float d_entropy, MatrixRef d_outputs) const override;

 private:
  float to_action(double share, int j) const;

  int action_dim_;
  std::vector<float> low_, range_, high_;  // (action_dim)
  double log_ranges_ = 0;                  // sum over dimensions
  // (n, 2 action_dim) of evaluate(): derivatives of log_prob and of the entropy in the outputs
  std::vector<float> d_log_prob_, d_entropy_;
};

}  // namespace slm
