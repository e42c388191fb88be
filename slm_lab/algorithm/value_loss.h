#pragma once

#include "slm_lab/algorithm/value_normalizer.h"
#include "slm_lab/net/loss.h"

namespace slm {

/// The critic's loss: coef * loss_spec(values, targets), averaged over the batch; with `normalize_v_targets` on the
/// scale of the targets seen so far.
class ValueLoss {
 public:
  using Values = Eigen::Map<const Vector>;

  ValueLoss(const LossConfig& loss, double coef, bool normalize)
      : loss_(loss), coef_(static_cast<float>(coef)), normalize_(normalize) {}

  /// Returns the loss and writes its gradient with respect to `values` (n) into `d_values` (n).
  float operator()(const Values& values, const Eigen::Ref<const Vector>& targets, Eigen::Map<Vector> d_values);
  void serialize(Archive& archive) { archive("normalizer", normalizer_); }

 private:
  LossConfig loss_;
  float coef_;
  bool normalize_;
  ValueNormalizer normalizer_;
  Vector scaled_values_, scaled_targets_;  // (n)
};

/// The clipped value loss of PPO's first implementation (`clip_vloss`): coef / 2 * mean of the larger of (v - y)^2 and
/// (v_old + clamp(v - v_old, -eps, eps) - y)^2. Writes the gradient with respect to `values` (n).
float clipped_value_loss(const ValueLoss::Values& values, const Eigen::Ref<const Vector>& old_values,
                         const Eigen::Ref<const Vector>& targets, float clip_eps, float coef,
                         Eigen::Map<Vector> d_values);

}  // namespace slm
