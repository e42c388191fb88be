#pragma once

#include "slm_lab/base/matrix.h"
#include "slm_lab/net/loss.h"

namespace slm {

/// values[i] = q_values(i, actions[i]); `actions` (n, 1), into the first n of `values`.
void pick_values(const ConstMatrixRef& q_values, const ConstMatrixRef& actions, Vector& values);
/// values[i] = q_values(i, argmax_a chooser(i, a)): the largest value where both are the same, else double Q-learning.
void values_of_best(const ConstMatrixRef& chooser, const ConstMatrixRef& q_values, Vector& values);

/// The regression of Q(s, a) on targets: mean over n rows of weight * loss(Q(s, a) of the action taken, target).
class QLoss {
 public:
  explicit QLoss(const LossConfig& loss) : loss_(loss) {}
  /// `q_values` (n, num_actions), `actions` (n, 1), `targets` and `weights` (n). Its buffers grow to the largest n.
  double operator()(const ConstMatrixRef& q_values, const ConstMatrixRef& actions,
                    const Eigen::Ref<const Vector>& targets, const Eigen::Ref<const Vector>& weights);
  // Of the last call:
  Eigen::Map<const Vector> values() const { return {values_.data(), n_}; }  // (n) Q(s, a)
  double mean_value() const { return mean_value_; }                         // of Q(s, a)
  double mean_error() const { return mean_error_; }                         // of |target - Q(s, a)|
  ConstMatrixRef d_q_values() const { return d_q_values_.topRows(n_); }     // (n, num_actions) its gradient

 private:
  LossConfig loss_;
  Eigen::Index n_ = 0;
  double mean_value_ = 0, mean_error_ = 0;
  Vector values_, d_values_;
  Matrix d_q_values_;
};

}  // namespace slm
