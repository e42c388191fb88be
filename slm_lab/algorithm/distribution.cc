#include "slm_lab/algorithm/distribution.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "slm_lab/algorithm/beta.h"
#include "slm_lab/net/kernel.h"

namespace slm {
namespace {

// Rows minus their maximum, so that no exponential overflows; `shifted` (n, num_actions) without gaps.
void subtract_row_max(const ConstMatrixRef& logits, std::vector<float>& shifted) {
  shifted.resize(static_cast<std::size_t>(logits.size()));
  float* to = shifted.data();
  for (Eigen::Index i = 0; i < logits.rows(); ++i) {
    const float* row = logits.data() + i * logits.outerStride();
    float max = row[0];
    for (Eigen::Index a = 1; a < logits.cols(); ++a) max = std::max(max, row[a]);
    for (Eigen::Index a = 0; a < logits.cols(); ++a) *to++ = row[a] - max;
  }
}

}  // namespace

// Inverse transform sampling: the first action at which the running sum of probabilities passes a uniform draw.
void Categorical::sample(const ConstMatrixRef& outputs, Rng& rng, MatrixRef actions) {
  subtract_row_max(outputs, exps_);
  vexp(exps_, exps_);
  for (Eigen::Index i = 0; i < outputs.rows(); ++i) {
    const float* exps = exps_.data() + i * num_actions_;
    float total = 0;
    for (int a = 0; a < num_actions_; ++a) total += exps[a];
    double left = rng.random() * total;
    int action = 0;
    while (action < num_actions_ - 1 && (left -= exps[action]) >= 0) ++action;
    actions(i, 0) = static_cast<float>(action);
  }
}

void Categorical::mode(const ConstMatrixRef& outputs, MatrixRef actions) const {
  for (Eigen::Index i = 0; i < outputs.rows(); ++i) {
    Eigen::Index best;
    outputs.row(i).maxCoeff(&best);
    actions(i, 0) = static_cast<float>(best);
  }
}

// log p_a = z_a - log sum_b exp z_b;  H = -sum_a p_a log p_a.
void Categorical::evaluate(const ConstMatrixRef& outputs, const ConstMatrixRef& actions) {
  const auto n = static_cast<std::size_t>(outputs.rows());
  const auto width = static_cast<std::size_t>(num_actions_);
  subtract_row_max(outputs, all_log_probs_);
  probs_.resize(n * width);
  for (std::vector<float>* v : {&log_sums_, &log_probs_, &entropy_}) v->resize(n);
  actions_.resize(n);

  vexp(all_log_probs_, probs_);
  for (std::size_t i = 0; i < n; ++i) {
    float sum = 0;
    for (std::size_t a = 0; a < width; ++a) sum += probs_[i * width + a];
    log_sums_[i] = sum;
    const float inverse = 1 / sum;
    for (std::size_t a = 0; a < width; ++a) probs_[i * width + a] *= inverse;
  }
  vlog(log_sums_, log_sums_);
  for (std::size_t i = 0; i < n; ++i) {
    float entropy = 0;
    for (std::size_t a = 0; a < width; ++a) {
      const float log_prob = all_log_probs_[i * width + a] -= log_sums_[i];
      entropy -= probs_[i * width + a] * log_prob;
    }
    entropy_[i] = entropy;
    actions_[i] = static_cast<int>(actions.data()[static_cast<Eigen::Index>(i) * actions.outerStride()]);
    log_probs_[i] = all_log_probs_[i * width + static_cast<std::size_t>(actions_[i])];
  }
}

// d log p_a / d z_b = [a = b] - p_b;  d H / d z_b = -p_b (log p_b + H).
void Categorical::gradient(const Values& d_log_probs, float d_entropy, MatrixRef d_outputs) const {
  for (Eigen::Index i = 0; i < d_outputs.rows(); ++i) {
    float* d_row = d_outputs.data() + i * d_outputs.outerStride();
    const float* probs = probs_.data() + i * num_actions_;
    const float* log_probs = all_log_probs_.data() + i * num_actions_;
    const float entropy = entropy_[static_cast<std::size_t>(i)];
    for (int b = 0; b < num_actions_; ++b)
      d_row[b] = -probs[b] * (d_log_probs[i] + d_entropy * (log_probs[b] + entropy));
    d_row[actions_[static_cast<std::size_t>(i)]] += d_log_probs[i];
  }
}

// Normal: outputs are (m, s), std = exp(clamp(s)); mean = m, or centre + half_range * tanh(m).

Normal::Normal(const Space& action_space, bool tanh_mean) : action_dim_(action_space.size()), tanh_mean_(tanh_mean) {
  if (!tanh_mean) return;
  const Eigen::Map<const Eigen::RowVectorXf> low(action_space.low.data(), action_dim_);
  const Eigen::Map<const Eigen::RowVectorXf> high(action_space.high.data(), action_dim_);
  centre_ = high * 0.5f + low * 0.5f;
  half_range_ = high * 0.5f - low * 0.5f;
}

void Normal::sample(const ConstMatrixRef& outputs, Rng& rng, MatrixRef actions) {
  std_.resize(static_cast<std::size_t>(outputs.rows() * action_dim_));
  Eigen::Map<Matrix> std(std_.data(), outputs.rows(), action_dim_);
  std = outputs.rightCols(action_dim_).cwiseMax(kMinLogStd).cwiseMin(kMaxLogStd);
  vexp(std_, std_);
  mode(outputs, actions);
  for (Eigen::Index i = 0; i < actions.rows(); ++i)
    for (int a = 0; a < action_dim_; ++a) actions(i, a) += std(i, a) * static_cast<float>(rng.standard_normal());
}

void Normal::mode(const ConstMatrixRef& outputs, MatrixRef actions) const {
  actions = outputs.leftCols(action_dim_);
  if (!tanh_mean_) return;
  for (Eigen::Index i = 0; i < actions.rows(); ++i) {
    const std::span<float> row(actions.row(i).data(), static_cast<std::size_t>(action_dim_));
    vtanh(row, row);
    actions.row(i) = centre_ + half_range_.cwiseProduct(actions.row(i));
  }
}

// log p = sum_j -z_j^2 / 2 - s_j - log(2 pi) / 2 with z = (x - mean) / std;  H = sum_j s_j + (1 + log(2 pi)) / 2.
void Normal::evaluate(const ConstMatrixRef& outputs, const ConstMatrixRef& actions) {
  const Eigen::Index n = outputs.rows();
  const auto size = static_cast<std::size_t>(n * action_dim_);
  for (std::vector<float>* v : {&inverse_std_, &d_mean_, &d_log_std_, &not_clamped_}) v->resize(size);
  log_probs_.resize(static_cast<std::size_t>(n));
  entropy_.resize(static_cast<std::size_t>(n));
  Eigen::Map<Matrix> inverse_std(inverse_std_.data(), n, action_dim_), d_mean(d_mean_.data(), n, action_dim_);
  Eigen::Map<Matrix> d_log_std(d_log_std_.data(), n, action_dim_), not_clamped(not_clamped_.data(), n, action_dim_);

  inverse_std = -outputs.rightCols(action_dim_).cwiseMax(kMinLogStd).cwiseMin(kMaxLogStd);
  vexp(inverse_std_, inverse_std_);
  if (tanh_mean_) {
    tanh_.resize(size);
    Eigen::Map<Matrix>(tanh_.data(), n, action_dim_) = outputs.leftCols(action_dim_);
    vtanh(tanh_, tanh_);
  }
  for (Eigen::Index i = 0; i < n; ++i) {
    float log_prob = 0, entropy = 0;
    for (int j = 0; j < action_dim_; ++j) {
      const float s = outputs(i, action_dim_ + j), clamped = std::clamp(s, kMinLogStd, kMaxLogStd);
      const float t = tanh_mean_ ? tanh_[static_cast<std::size_t>(i * action_dim_ + j)] : 0;
      const float mean = tanh_mean_ ? centre_[j] + half_range_[j] * t : outputs(i, j);
      const float d_mean_d_output = tanh_mean_ ? half_range_[j] * (1 - t * t) : 1;
      const float z = (actions(i, j) - mean) * inverse_std(i, j);
      log_prob -= 0.5f * z * z + clamped + kHalfLog2Pi;
      entropy += clamped + 0.5f + kHalfLog2Pi;
      not_clamped(i, j) = s == clamped ? 1.0f : 0.0f;
      d_mean(i, j) = z * inverse_std(i, j) * d_mean_d_output;
      d_log_std(i, j) = (z * z - 1) * not_clamped(i, j);
    }
    log_probs_[static_cast<std::size_t>(i)] = log_prob;
    entropy_[static_cast<std::size_t>(i)] = entropy;
  }
}

// d log p / d m = z / std * d mean / d m;  d log p / d s = z^2 - 1;  d H / d s = 1; a clamped s passes nothing.
void Normal::gradient(const Values& d_log_probs, float d_entropy, MatrixRef d_outputs) const {
  const Eigen::Index n = d_outputs.rows();
  const Eigen::Map<const Matrix> d_mean(d_mean_.data(), n, action_dim_), d_log_std(d_log_std_.data(), n, action_dim_);
  const Eigen::Map<const Matrix> not_clamped(not_clamped_.data(), n, action_dim_);
  d_outputs.leftCols(action_dim_).array() = d_mean.array().colwise() * d_log_probs.array();
  d_outputs.rightCols(action_dim_).array() =
      d_log_std.array().colwise() * d_log_probs.array() + d_entropy * not_clamped.array();
}

const std::vector<DistributionEntry>& distributions() {
  using enum Space::Kind;
  static const std::vector<DistributionEntry> table{
      {"Categorical", discrete, "", ""},
      {"Argmax", discrete, "", "the best action, no draw; it has no gradient, so only value-based algorithms take it"},
      {"GumbelSoftmax", discrete, "", "drawn actions have the law of Categorical, and are drawn as such"},
      {"Normal", box, "", ""},
      {"MultivariateNormal", box, "", "its covariance is diagonal: the same as Normal"},
      {"Beta", box, "", ""},
      {"Gumbel", box, "no published agent uses it; Normal is the supported choice", ""},
      {"LogNormal", box, "it reaches positive actions only; Normal is the supported choice", ""},
      {"MultiCategorical", discrete, "there is no multi-discrete action space yet", ""},
      {"Bernoulli", discrete, "there is no multi-binary action space yet", ""},
  };
  return table;
}

const DistributionEntry* find_distribution(std::string_view action_pdtype, const Space& action_space) {
  for (const DistributionEntry& entry : distributions())
    if (entry.action_kind == action_space.kind && (action_pdtype == "default" || action_pdtype == entry.name))
      return &entry;
  return nullptr;
}

int num_distribution_outputs(const Space& action_space) {
  return action_space.is_discrete() ? action_space.n : 2 * action_space.size();
}

std::unique_ptr<Distribution> make_distribution(const Space& action_space, std::string_view action_pdtype,
                                                bool tanh_mean) {
  if (action_space.is_discrete()) return std::make_unique<Categorical>(action_space.n);
  if (action_pdtype == "Beta") return std::make_unique<Beta>(action_space);
  return std::make_unique<Normal>(action_space, tanh_mean);
}

}  // namespace slm
