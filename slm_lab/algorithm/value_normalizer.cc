#include "slm_lab/algorithm/value_normalizer.h"

#include <algorithm>
#include <cmath>

namespace slm {

void ValueNormalizer::update(const Eigen::Ref<const Vector>& targets) {
  const auto n = static_cast<double>(targets.size());
  if (n == 0) return;
  const double batch_mean = targets.cast<double>().mean();
  const double batch_squares = (targets.cast<double>().array() - batch_mean).square().sum();
  const double delta = batch_mean - mean_;
  sum_of_squares_ += batch_squares + delta * delta * count_ * n / (count_ + n);
  mean_ += delta * n / (count_ + n);
  count_ += n;
}

float ValueNormalizer::scale() const {
  if (count_ == 0) return 1;
  return static_cast<float>(std::max(std::sqrt(sum_of_squares_ / count_ + 1e-8), 1.0));
}

void ValueNormalizer::serialize(Archive& archive) {
  archive("count", count_);
  archive("mean", mean_);
  archive("sum_of_squares", sum_of_squares_);
}

}  // namespace slm
