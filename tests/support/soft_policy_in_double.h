#pragma once

#include <cmath>

#include "slm_lab/base/rng.h"
#include "tests/support/double_net.h"
#include "tests/support/double_replay.h"
#include "tests/support/double_returns.h"

// The policy of soft actor-critic in double precision.
namespace slm {

/// a = tanh(mean + std noise) of each row, and log pi(a|s) with the density's change of variables.
struct Squashed {
  MatrixD actions;
  VectorD log_probs;
};
inline Squashed squashed(const MatrixD& outputs, const MatrixD& noise) {
  const Eigen::Index dim = noise.cols();
  const MatrixD u = outputs.leftCols(dim).array() + outputs.rightCols(dim).array().exp() * noise.array();
  Squashed s{u.array().tanh(), policy_in_double(false, outputs, u).log_probs};
  s.log_probs.array() -= (1 - s.actions.array().square()).log().rowwise().sum();
  return s;
}

inline MatrixD probabilities(const MatrixD& logits) {
  const MatrixD exps = logits.array().exp();
  return exps.array().colwise() / exps.rowwise().sum().array();
}

/// One row: an action of a policy with these outputs; discrete, or two numbers in [-1, 1].
inline MatrixD drawn_action(bool discrete, const MatrixD& outputs, Rng& draws) {
  if (!discrete) return squashed(outputs, normal_matrix(1, 2, draws)).actions;
  // The first action at which the running sum of the probabilities passes the point.
  const MatrixD p = probabilities(outputs);
  double point = draws.random();
  int action = 0;
  while (action + 1 < p.cols() && (point -= p(0, action)) >= 0) ++action;
  return MatrixD::Constant(1, 1, action);
}

/// The same without a policy.
inline MatrixD uniform_action(bool discrete, int num_actions, Rng& draws) {
  if (discrete) return MatrixD::Constant(1, 1, static_cast<double>(draws.integers(0, num_actions)));
  MatrixD action(1, 2);
  for (double& x : action.reshaped()) x = draws.uniform(-1, 1);
  return action;
}

}  // namespace slm
