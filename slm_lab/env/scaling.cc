#include "slm_lab/env/scaling.h"

#include <algorithm>
#include <cmath>

#include "slm_lab/env/running_moments.h"

namespace slm {
namespace {

constexpr double kEpsilon = 1e-8;  // Gymnasium's, inside the root

}  // namespace

ObsScaling::ObsScaling(const RunningMoments& moments, std::optional<double> clip) : moments_(&moments), clip_(clip) {}

void ObsScaling::refresh() { inv_std_ = (moments_->var() + kEpsilon).rsqrt(); }

void ObsScaling::operator()(Matrix& obs) const {
  for (Eigen::Index i = 0; i < obs.rows(); ++i)
    obs.row(i).array() =
        ((obs.row(i).array().cast<double>() - moments_->mean().transpose()) * inv_std_.transpose()).cast<float>();
  if (clip_) obs = obs.cwiseMax(-*clip_).cwiseMin(*clip_);
}

double RewardScaling::scale() const {
  if (sign) return 1;
  return (discounted_return ? 1 / std::sqrt(discounted_return->var()[0] + kEpsilon) : 1) * factor;
}

Scaling::Scaling(std::optional<ObsScaling> obs, const RewardScaling& rewards)
    : obs_(std::move(obs)), rewards_(rewards) {
  refresh();
}

void Scaling::refresh() {
  if (obs_) obs_->refresh();
  scale_ = static_cast<float>(rewards_.scale());
}

float Scaling::reward(float raw) const {
  const float signed_raw = rewards_.sign ? static_cast<float>((raw > 0) - (raw < 0)) : raw;
  const float scaled = signed_raw * scale_;
  return rewards_.clip ? std::clamp(scaled, -*rewards_.clip, *rewards_.clip) : scaled;
}

float Scaling::limited(float raw) const {
  const float signed_raw = rewards_.sign ? static_cast<float>((raw > 0) - (raw < 0)) : raw;
  if (!rewards_.clip) return signed_raw;
  const float bound = *rewards_.clip / std::abs(scale_);
  return std::clamp(signed_raw, -bound, bound);
}

}  // namespace slm
