#pragma once

#include "slm_lab/algorithm/q_values.h"
#include "slm_lab/memory/replay.h"

namespace slm {

/// Between the outputs of a net and Q-learning: what the outputs say of action values, and how they are fitted to what
/// followed.
class QHead {
 public:
  virtual ~QHead() = default;

  /// Action values (n, num_actions), by which actions are chosen; valid until the next call.
  virtual ConstMatrixRef q_values(const ConstMatrixRef& outputs) = 0;

  /// Targets for the rows of `batch`: what r + gamma Q(s', a') is, where a' is the best action by `choosing` and Q of
  /// `valuing`; both are outputs for batch.next_obs.
  virtual void set_targets(const Batch& batch, const ConstMatrixRef& choosing, const ConstMatrixRef& valuing) = 0;

  struct Fit {
    double loss;   ///< mean over the rows of weight * loss
    double value;  ///< mean of Q(s, a)
    double error;  ///< mean of |y - Q(s, a)|, of expected values
  };
  /// How far the targets are met by `outputs` for batch.obs.
  virtual Fit fit(const Batch& batch, const ConstMatrixRef& outputs) = 0;
  // Of the last fit():
  virtual ConstMatrixRef d_outputs() const = 0;  ///< the gradient of its loss
  virtual const Vector& row_errors() const = 0;  ///< (batch_size) what a prioritised replay weighs the rows by
};

/// An output per action is its value.
class ValueHead final : public QHead {
 public:
  ValueHead(const LossConfig& loss, int batch_size);

  ConstMatrixRef q_values(const ConstMatrixRef& outputs) override { return outputs; }
  /// y = r + gamma Q(s', a').
  void set_targets(const Batch& batch, const ConstMatrixRef& choosing, const ConstMatrixRef& valuing) override;
  Fit fit(const Batch& batch, const ConstMatrixRef& outputs) override;
  ConstMatrixRef d_outputs() const override { return loss_.d_q_values(); }
  const Vector& row_errors() const override { return td_errors_; }

 private:
  QLoss loss_;
  Vector next_values_, targets_, td_errors_;  // (batch_size); the last: y - Q(s, a)
};

}  // namespace slm
