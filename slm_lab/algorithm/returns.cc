#include "slm_lab/algorithm/returns.h"

#include <cmath>
#include <limits>

namespace slm {

void discounted_returns(const StepSequence& steps, const ConstMatrixRef& next_values, float gamma, MatrixRef returns) {
  const Eigen::Index last = steps.rewards.rows() - 1;
  for (Eigen::Index t = last; t >= 0; --t) {
    returns.row(t) = steps.rewards.row(t) + gamma * steps.not_terminated.row(t).cwiseProduct(next_values.row(t));
    if (t == last) continue;
    returns.row(t).array() +=
        gamma * steps.not_ended.row(t).array() * (returns.row(t + 1).array() - next_values.row(t).array());
  }
}

void estimate_gae(const StepSequence& steps, const ConstMatrixRef& values, const ConstMatrixRef& next_values,
                  float gamma, float lam, MatrixRef advantages, MatrixRef targets) {
  // TD errors first, then the sum from the back.
  advantages = steps.rewards + gamma * steps.not_terminated.cwiseProduct(next_values) - values;
  for (Eigen::Index t = advantages.rows() - 2; t >= 0; --t)
    advantages.row(t) += gamma * lam * steps.not_ended.row(t).cwiseProduct(advantages.row(t + 1));
  targets = advantages + values;
}

double explained_variance(std::span<const float> values, std::span<const float> targets) {
  const auto n = static_cast<double>(targets.size());
  double target_mean = 0, error_mean = 0;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    target_mean += targets[i] / n;
    error_mean += (static_cast<double>(targets[i]) - values[i]) / n;
  }
  double target_squares = 0, error_squares = 0;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const double target = targets[i] - target_mean;
    const double error = static_cast<double>(targets[i]) - values[i] - error_mean;
    target_squares += target * target;
    error_squares += error * error;
  }
  return target_squares > 0 ? 1 - error_squares / target_squares : std::numeric_limits<double>::quiet_NaN();
}

void standardize(Eigen::Ref<Vector> x) {
  if (x.size() < 2) return;
  const float mean = x.mean();
  x.array() -= mean;
  const float std = std::sqrt(x.squaredNorm() / static_cast<float>(x.size() - 1));
  x /= std + 1e-8f;
}

}  // namespace slm
