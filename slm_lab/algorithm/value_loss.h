#pragma once

#include "slm_lab/algorithm/value_normalizer.h"
#include "slm_lab/net/loss.h"

namespace slm {

/// The critic's loss: coef * loss_spec(values, targets), averaged over the batch; with `normalize_v_targets` on the
/// scale of the targets seen so far; with `symlog` of sign(x) ln(1 + |x|) of both (Hafner et al. 2023, eq. 9), before
/// that scale. The net predicts raw values either way.
class ValueLoss {
 public:
  using Values = Eigen::Map<const Vector>;

  ValueLoss(const LossConfig& loss, double coef, bool normalize, bool symlog = false)
      : loss_(loss), coef_(static_cast<float>(coef)), normalize_(normalize), symlog_(symlog) {}

  /// Returns the loss and writes its gradient with respect to `values` (n) into `d_values` (n).
  float operator()(const Values& values, const Eigen::Ref<const Vector>& targets, const Eigen::Map<Vector>& d_values);
  /// The same of clipped_value_loss() in the place of loss_spec, not normalised.
  float clipped(const Values& values, const Eigen::Ref<const Vector>& old_values,
                const Eigen::Ref<const Vector>& targets, float clip_eps, const Eigen::Map<Vector>& d_values);
  void serialize(Archive& archive) { archive("normalizer", normalizer_); }

 private:
  float on_scale(const Values& values, const Eigen::Ref<const Vector>& targets, Eigen::Map<Vector> d_values);

  LossConfig loss_;
  float coef_;
  bool normalize_, symlog_;
  ValueNormalizer normalizer_;
  Vector scaled_values_, scaled_targets_;                      // (n)
  Vector symlog_values_, symlog_old_values_, symlog_targets_;  // (n); may be longer
};

/// The clipped value loss of PPO's first implementation (`clip_vloss`): coef / 2 * mean of the larger of (v - y)^2 and
/// (v_old + clamp(v - v_old, -eps, eps) - y)^2. Writes the gradient with respect to `values` (n).
float clipped_value_loss(const ValueLoss::Values& values, const Eigen::Ref<const Vector>& old_values,
                         const Eigen::Ref<const Vector>& targets, float clip_eps, float coef,
                         Eigen::Map<Vector> d_values);

}  // namespace slm
