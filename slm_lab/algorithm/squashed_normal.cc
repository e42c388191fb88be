#include "slm_lab/algorithm/squashed_normal.h"

#include <cmath>

#include "slm_lab/algorithm/distribution.h"
#include "slm_lab/net/kernel.h"

namespace slm {
namespace {

constexpr float kLog2 = 0.693147180559945309f;

std::span<float> span_of(Matrix& m) { return {m.data(), static_cast<std::size_t>(m.size())}; }

}  // namespace

void SquashedNormal::sample(const ConstMatrixRef& outputs, Rng& rng) {
  const Eigen::Index n = outputs.rows();
  noise_.resize(n, action_dim_);
  for (Eigen::Index i = 0; i < noise_.size(); ++i) noise_.data()[i] = static_cast<float>(rng.standard_normal());

  std_ = outputs.rightCols(action_dim_).cwiseMax(Normal::kMinLogStd).cwiseMin(Normal::kMaxLogStd);
  not_clamped_ = (std_.array() == outputs.rightCols(action_dim_).array()).cast<float>();
  log_probs_ = -std_.rowwise().sum();
  vexp(span_of(std_), span_of(std_));
  actions_ = outputs.leftCols(action_dim_) + std_.cwiseProduct(noise_);
  // log pi(a) = sum_j -noise_j^2 / 2 - s_j - log(2 pi) / 2 - log(1 - tanh(u_j)^2), of which the last is
  // 2 (log 2 - |u| - log(1 + exp(-2 |u|))), which does not lose its digits for large |u|
  softplus_ = -2 * actions_.cwiseAbs();
  vexp(span_of(softplus_), span_of(softplus_));
  softplus_.array() += 1;
  vlog(span_of(softplus_), span_of(softplus_));
  log_probs_ -=
      (0.5f * noise_.array().square() + Normal::kHalfLog2Pi + 2 * (kLog2 - actions_.array().abs() - softplus_.array()))
          .matrix()
          .rowwise()
          .sum();
  vtanh(span_of(actions_), span_of(actions_));
}

// u = mean + std noise and a = tanh(u):  d log pi / d u = 2a,  d a / d u = 1 - a^2,
// d u / d mean = 1,  d u / d s = std noise; s itself adds -1 to log pi.
void SquashedNormal::gradient(float d_log_probs, const ConstMatrixRef& d_actions, Matrix& d_outputs) const {
  d_outputs.resize(actions_.rows(), 2 * action_dim_);
  for (Eigen::Index i = 0; i < actions_.rows(); ++i)
    for (int j = 0; j < action_dim_; ++j) {
      const float a = actions_(i, j);
      const float d_u = d_log_probs * 2 * a + d_actions(i, j) * (1 - a * a);
      d_outputs(i, j) = d_u;
      d_outputs(i, action_dim_ + j) = (d_u * std_(i, j) * noise_(i, j) - d_log_probs) * not_clamped_(i, j);
    }
}

void SquashedNormal::mode(const ConstMatrixRef& outputs, Matrix& actions) const {
  actions = outputs.leftCols(action_dim_);
  vtanh(span_of(actions), span_of(actions));
}

}  // namespace slm
