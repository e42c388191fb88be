#pragma once

#include "slm_lab/algorithm/q_values.h"
#include "slm_lab/memory/replay.h"

namespace slm {

/// Between the outputs of a net and Q-learning: what the outputs say of action values, and how they are fitted to what
/// followed. This one takes an output per action as its value; one of distributions would keep to the same calls.
class QHead {
 public:
  QHead(const LossConfig& loss, int batch_size);

  /// Action values (n, num_actions), by which actions are chosen.
  ConstMatrixRef q_values(const ConstMatrixRef& outputs) const { return outputs; }

  /// Targets for the rows of `batch`: y = r + gamma Q(s', a'), where a' is the best action by `choosing` and Q the
  /// values of `valuing`; both are outputs for batch.next_obs.
  void set_targets(const Batch& batch, const ConstMatrixRef& choosing, const ConstMatrixRef& valuing);
  /// Mean over the rows of weight * loss(Q(s, a), y); `outputs` for batch.obs.
  double fit(const Batch& batch, const ConstMatrixRef& outputs);
  // Of the last fit():
  ConstMatrixRef d_outputs() const { return loss_.d_q_values(); }  ///< its gradient
  double mean_value() const { return loss_.mean_value(); }         ///< of Q(s, a)
  double mean_error() const { return loss_.mean_error(); }         ///< of |y - Q(s, a)|
  const Vector& td_errors() const { return td_errors_; }           ///< (batch_size) y - Q(s, a)

 private:
  QLoss loss_;
  Vector next_values_, targets_, td_errors_;  // (batch_size)
};

}  // namespace slm
