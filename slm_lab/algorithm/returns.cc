#include "slm_lab/algorithm/returns.h"

#include <cmath>

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

void standardize(Eigen::Ref<Vector> x) {
  if (x.size() < 2) return;
  const float mean = x.mean();
  x.array() -= mean;
  const float std = std::sqrt(x.squaredNorm() / static_cast<float>(x.size() - 1));
  x /= std + 1e-8f;
}

}  // namespace slm
