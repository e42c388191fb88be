#include "slm_lab/algorithm/state_dependent_normal.h"

#include <cmath>

#include "slm_lab/net/kernel.h"

namespace slm {
namespace {

// exp(2 kMinLogStd): below the smallest standard deviation of Normal no gradient passes.
constexpr float kLeastVariance = 4.5399930e-5f;

}  // namespace

double StateDependentNormal::max_log_std(int num_features) {
  return static_cast<double>(Normal::kMaxLogStd) - std::log(static_cast<double>(num_features)) / 2;
}

void StateDependentNormal::explore(const ConstMatrixRef& outputs, Rng& rng, MatrixRef actions) {
  const Eigen::Index n = outputs.rows(), features = num_features(outputs.cols()), weights = features * action_dim_;
  const auto size = static_cast<std::size_t>(n * weights);
  if (steps_++ % config_.sample_freq == 0 || noise_.size() != size) {  // a checkpoint may hold what does not fit
    noise_.resize(size);
    for (float& x : noise_) x = static_cast<float>(rng.standard_normal());
  }
  shares_.resize(noise_.size());
  Eigen::Map<Matrix> stds(shares_.data(), n, weights);
  stds = outputs.middleCols(action_dim_, weights);
  vexp(shares_, shares_);
  mode(outputs, actions);
  for (Eigen::Index i = 0; i < n; ++i)
    for (Eigen::Index j = 0; j < action_dim_; ++j) {
      float noise = std::sqrt(kLeastVariance) * static_cast<float>(rng.standard_normal());
      for (Eigen::Index k = 0; k < features; ++k) {
        const Eigen::Index at = k * action_dim_ + j;
        noise +=
            outputs(i, action_dim_ + weights + k) * stds(i, at) * noise_[static_cast<std::size_t>(i * weights + at)];
      }
      actions(i, j) += noise;
    }
}

void StateDependentNormal::serialize(Archive& archive) {
  archive("noise", noise_);
  archive("steps", steps_);
}

void StateDependentNormal::sample(const ConstMatrixRef& outputs, Rng& rng, MatrixRef actions) {
  normal_.sample(to_normal(outputs), rng, actions);
}

Eigen::Map<const Matrix> StateDependentNormal::to_normal(const ConstMatrixRef& outputs) {
  const Eigen::Index n = outputs.rows(), features = num_features(outputs.cols()), weights = features * action_dim_;
  normal_outputs_.resize(static_cast<std::size_t>(n * 2 * action_dim_));
  shares_.resize(static_cast<std::size_t>(n * weights));
  Eigen::Map<Matrix> to(normal_outputs_.data(), n, 2 * action_dim_), shares(shares_.data(), n, weights);
  shares = 2 * outputs.middleCols(action_dim_, weights);
  vexp(shares_, shares_);
  to.leftCols(action_dim_) = outputs.leftCols(action_dim_);
  for (Eigen::Index i = 0; i < n; ++i) {
    auto variances = to.row(i).tail(action_dim_);
    variances.setConstant(kLeastVariance);
    for (Eigen::Index k = 0; k < features; ++k) {
      const float h = outputs(i, action_dim_ + weights + k);
      auto of_feature = shares.row(i).segment(k * action_dim_, action_dim_);
      of_feature *= h * h;
      variances += of_feature;
    }
    for (Eigen::Index k = 0; k < features; ++k)
      shares.row(i).segment(k * action_dim_, action_dim_).array() /= variances.array();
    for (Eigen::Index j = 0; j < action_dim_; ++j) variances[j] = std::log(variances[j]) / 2;
  }
  return {normal_outputs_.data(), n, 2 * action_dim_};
}

void StateDependentNormal::evaluate(const ConstMatrixRef& outputs, const ConstMatrixRef& actions) {
  normal_.evaluate(to_normal(outputs), actions);
  log_probs_.assign(normal_.log_probs().begin(), normal_.log_probs().end());
  entropy_.assign(normal_.entropy().begin(), normal_.entropy().end());
}

// With s_j = log(variance_j) / 2:  d s_j / d w_kj = h_k^2 exp(2 w_kj) / variance_j.
void StateDependentNormal::gradient(const Values& d_log_probs, float d_entropy, MatrixRef d_outputs) const {
  const Eigen::Index n = d_outputs.rows(), features = num_features(d_outputs.cols()), weights = features * action_dim_;
  normal_.gradient(d_log_probs, d_entropy, d_outputs.leftCols(2 * action_dim_));
  const Eigen::Map<const Matrix> shares(shares_.data(), n, weights);
  for (Eigen::Index i = 0; i < n; ++i)
    for (Eigen::Index k = features; k-- > 0;)  // the first place holds d s until it is written, the last
      for (Eigen::Index j = 0; j < action_dim_; ++j)
        d_outputs(i, action_dim_ + k * action_dim_ + j) =
            d_outputs(i, action_dim_ + j) * shares(i, k * action_dim_ + j);
  d_outputs.rightCols(features).setZero();
}

}  // namespace slm
