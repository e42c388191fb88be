#pragma once

#include <array>

#include "slm_lab/algorithm/squashed_normal.h"
#include "slm_lab/base/matrix.h"
#include "slm_lab/net/net.h"

namespace slm {

/// [obs, actions] side by side: what a critic of continuous actions sees.
void join(const Matrix& obs, const Matrix& actions, Matrix& joined);

/// The policy's side of SAC for discrete actions, with exact expectations over them (Christodoulou 2019). Every matrix
/// is (n, num_actions).
class DiscreteSoftPolicy {
 public:
  /// V(s) = sum_a p_a (q_a - alpha log p_a) into `values` (n), eq. 10.
  void values(const ConstMatrixRef& logits, const ConstMatrixRef& q_values, float alpha, Vector& values);
  /// J = mean of sum_a p_a (alpha log p_a - q_a), eq. 12; `q_values` count as constants.
  double loss(const ConstMatrixRef& logits, const ConstMatrixRef& q_values, float alpha);
  // Of the last loss():
  const Matrix& d_logits() const { return d_logits_; }  // its gradient
  double entropy() const { return entropy_; }           // mean over the rows, nats

 private:
  void softmax(const ConstMatrixRef& logits);

  Matrix probs_, log_probs_, d_logits_;
  double entropy_ = 0;
};

/// The same for continuous actions, by the reparameterised sample of a squashed Normal (Haarnoja et al. 2018). The
/// critics take [obs, action] and have one output.
class ContinuousSoftPolicy {
 public:
  using Critics = std::array<Net*, 2>;

  explicit ContinuousSoftPolicy(int action_dim) : policy_(action_dim) {}
  /// V(s) = min_i Q_i(s, a) - alpha log pi(a|s) for an action drawn for each row, into `values` (n), eq. 3.
  void values(const ConstMatrixRef& outputs, const Matrix& obs, const Critics& critics, float alpha, Rng& rng,
              Vector& values);
  /// J = mean of alpha log pi(a|s) - min_i Q_i(s, a) for actions drawn anew, eq. 7.
  double loss(const ConstMatrixRef& outputs, const Matrix& obs, const Critics& critics, float alpha, Rng& rng);
  // Of the last loss():
  const Matrix& d_outputs() const { return d_outputs_; }  // (n, 2 action_dim) its gradient
  double entropy() const { return entropy_; }             // estimated: mean of -log pi(a|s)

 private:
  SquashedNormal policy_;
  Matrix inputs_;           // (n, obs_dim + action_dim)
  Vector q_[2];             // (n)
  Matrix d_q_, d_actions_;  // (n, 1), (n, action_dim)
  Matrix d_outputs_;
  double entropy_ = 0;
};

}  // namespace slm
