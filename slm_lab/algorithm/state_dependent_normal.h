#pragma once

#include <cstdint>

#include "slm_lab/algorithm/distribution.h"
#include "slm_lab/base/archive.h"

namespace slm {

/// `sde`: generalised state-dependent exploration.
struct SdeConfig {
  int sample_freq = 0;       ///< steps for which each environment keeps its noise
  double log_std_init = -2;  ///< of each weight of the noise
};

/// A Normal whose noise is a linear function of the last hidden layer h (Raffin et al. 2020, gSDE): in action dimension
/// j it is sum_k h_k theta_kj with theta_kj = exp(w_kj) xi_kj, xi standard normal and kept for `sample_freq` steps, so
/// that exploration is smooth within an episode. Of each step alone that is a Normal of the variance
/// sum_k h_k^2 exp(2 w_kj) + exp(-10), whose last term is independent noise and keeps densities finite.
///
/// Outputs are means (action_dim), w (num_features x action_dim, free parameters), then h, through which no gradient
/// passes.
class StateDependentNormal final : public Distribution {
 public:
  StateDependentNormal(const Space& action_space, const SdeConfig& config, bool tanh_mean)
      : config_(config), action_dim_(action_space.size()), normal_(action_space, tanh_mean) {}

  /// The highest w at which features of up to 1 cannot pass Normal's highest log standard deviation.
  static double max_log_std(int num_features);

  /// sample() of a step of training, with noise that is kept from one step to the next.
  void explore(const ConstMatrixRef& outputs, Rng& rng, MatrixRef actions);
  void serialize(Archive& archive);  ///< what explore() keeps
  void sample(const ConstMatrixRef& outputs, Rng& rng, MatrixRef actions) override;
  void mode(const ConstMatrixRef& outputs, MatrixRef actions) const override { normal_.mode(outputs, actions); }
  ModeAction mode_action() const override { return normal_.mode_action(); }
  void evaluate(const ConstMatrixRef& outputs, const ConstMatrixRef& actions) override;
  void gradient(const Values& d_log_probs, float d_entropy, MatrixRef d_outputs) const override;

 private:
  Eigen::Index num_features(Eigen::Index num_outputs) const { return (num_outputs - action_dim_) / (action_dim_ + 1); }
  /// Means and log standard deviations of `outputs`, as Normal takes them.
  Eigen::Map<const Matrix> to_normal(const ConstMatrixRef& outputs);

  SdeConfig config_;
  Eigen::Index action_dim_;
  Normal normal_;
  // Of explore(): standard normal numbers (num_envs, num_features x action_dim) and how many steps have been taken.
  std::vector<float> noise_;
  std::int64_t steps_ = 0;

  std::vector<float> normal_outputs_;  // (n, 2 action_dim), as the rest
  std::vector<float> shares_;          // (n, num_features x action_dim)  h_k^2 exp(2 w_kj), then over the variance
};

}  // namespace slm
