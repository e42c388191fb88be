#pragma once

#include "slm_lab/base/observations.h"
#include "slm_lab/net/trainer.h"

namespace slm {

/// A policy without chance, a = tanh(outputs) in [-1, 1], that climbs a critic of [obs, action] (Silver et al. 2014).
class DeterministicPolicy {
 public:
  explicit DeterministicPolicy(int action_dim) : action_dim_(action_dim) {}

  /// `outputs` (n, action_dim) of a net as actions of the same shape.
  void act(const ConstMatrixRef& outputs, Matrix& actions) const;
  /// J = -mean of Q(s, tanh(outputs)); `outputs` (n, action_dim) for `obs` (n, obs_dim). The critic stays as it is.
  double loss(const ConstMatrixRef& outputs, const ObservationsView& obs, Trainer& critic);
  /// Of the last loss(): its gradient with respect to `outputs`.
  const Matrix& d_outputs() const { return d_outputs_; }

 private:
  int action_dim_;
  Matrix actions_, inputs_;  // (n, action_dim), (n, obs_dim + action_dim)
  Matrix d_q_, d_outputs_;   // (n, 1), (n, action_dim)
};

}  // namespace slm
