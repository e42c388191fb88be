#include "slm_lab/algorithm/value_loss.h"

#include <algorithm>
#include <cmath>

namespace slm {
namespace {

/// Into the first n of `to`, which grows where it is shorter.
ValueLoss::Values symlog(const Eigen::Ref<const Vector>& x, Vector& to) {
  if (to.size() < x.size()) to.resize(x.size());
  for (Eigen::Index i = 0; i < x.size(); ++i) to[i] = std::copysign(std::log1p(std::abs(x[i])), x[i]);
  return {to.data(), x.size()};
}

// d symlog(x) / d x = 1 / (1 + |x|).
void through_symlog(const ValueLoss::Values& values, Eigen::Map<Vector> d_values) {
  d_values.array() /= 1 + values.array().abs();
}

}  // namespace

float ValueLoss::operator()(const Values& values, const Eigen::Ref<const Vector>& targets,
                            const Eigen::Map<Vector>& d_values) {
  if (!symlog_) return on_scale(values, targets, d_values);
  const float loss = on_scale(symlog(values, symlog_values_), symlog(targets, symlog_targets_), d_values);
  through_symlog(values, d_values);
  return loss;
}

float ValueLoss::clipped(const Values& values, const Eigen::Ref<const Vector>& old_values,
                         const Eigen::Ref<const Vector>& targets, float clip_eps, const Eigen::Map<Vector>& d_values) {
  if (!symlog_) return clipped_value_loss(values, old_values, targets, clip_eps, coef_, d_values);
  const float loss = clipped_value_loss(symlog(values, symlog_values_), symlog(old_values, symlog_old_values_),
                                        symlog(targets, symlog_targets_), clip_eps, coef_, d_values);
  through_symlog(values, d_values);
  return loss;
}

float ValueLoss::on_scale(const Values& values, const Eigen::Ref<const Vector>& targets, Eigen::Map<Vector> d_values) {
  if (!normalize_) {
    const auto mean = static_cast<float>(mean_loss(loss_, values, targets, d_values));
    d_values *= coef_;
    return coef_ * mean;
  }
  const Eigen::Index n = values.size();
  if (scaled_values_.size() < n) {
    scaled_values_.resize(n);
    scaled_targets_.resize(n);
  }
  constexpr float kClamp = ValueNormalizer::kClamp;
  normalizer_.update(targets);
  const float inverse = 1 / normalizer_.scale();
  scaled_values_.head(n) = (values * inverse).cwiseMax(-kClamp).cwiseMin(kClamp);
  scaled_targets_.head(n) = (targets * inverse).cwiseMax(-kClamp).cwiseMin(kClamp);
  const auto mean = static_cast<float>(mean_loss(loss_, scaled_values_.head(n), scaled_targets_.head(n), d_values));
  for (Eigen::Index i = 0; i < n; ++i)  // a clamped value passes no gradient
    d_values[i] *= std::abs(values[i] * inverse) <= kClamp ? coef_ * inverse : 0;
  return coef_ * mean;
}

float clipped_value_loss(const ValueLoss::Values& values, const Eigen::Ref<const Vector>& old_values,
                         const Eigen::Ref<const Vector>& targets, float clip_eps, float coef,
                         Eigen::Map<Vector> d_values) {
  float sum = 0;
  const auto n = static_cast<float>(values.size());
  for (Eigen::Index i = 0; i < values.size(); ++i) {
    const float step = values[i] - old_values[i];
    const float clamped_step = std::clamp(step, -clip_eps, clip_eps);
    const float error = values[i] - targets[i];
    const float clipped_error = old_values[i] + clamped_step - targets[i];
    const bool clipped_is_larger = clipped_error * clipped_error > error * error;
    sum += clipped_is_larger ? clipped_error * clipped_error : error * error;
    // where the clamp holds the value, the larger term does not move with it
    const bool moves = !clipped_is_larger || step == clamped_step;
    d_values[i] = moves ? coef * (clipped_is_larger ? clipped_error : error) / n : 0;
  }
  return coef * 0.5f * sum / n;
}

}  // namespace slm
