#pragma once

#include "slm_lab/base/archive.h"
#include "slm_lab/base/matrix.h"

namespace slm {

/// The running scale of value targets (`normalize_v_targets`): losses compare values and targets divided by the
/// standard deviation of all targets so far and clamped, while the net keeps predicting raw values.
class ValueNormalizer {
 public:
  static constexpr float kClamp = 10;  ///< scaled values and targets beyond it are clamped and pass no gradient

  /// Merges a batch of targets into the statistics (Chan et al. 1979).
  void update(const Eigen::Ref<const Vector>& targets);
  /// Divisor of values and targets, at least 1; 1 before the first update.
  float scale() const;
  void serialize(Archive& archive);

 private:
  double count_ = 0, mean_ = 0, sum_of_squares_ = 0;  // of deviations from the mean
};

}  // namespace slm
