#include "slm_lab/algorithm/beta.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "slm_lab/algorithm/gamma_function.h"

namespace slm {
namespace {

/// alpha or beta from an output of the net, and the slope.
struct Shape {
  double value, slope;
};
Shape shape_of(float output) {
  const auto x = static_cast<double>(output);
  const double e = std::exp(-std::abs(x));
  return {1 + std::max(x, 0.0) + std::log1p(e), x >= 0 ? 1 / (1 + e) : e / (1 + e)};
}

// Marsaglia and Tsang 2000, for shapes of at least 1: 95 % or more of the tries are taken.
double draw_gamma(double shape, Rng& rng) {
  if (!std::isfinite(shape)) return std::numeric_limits<double>::quiet_NaN();  // no try would ever be taken
  const double d = shape - 1.0 / 3, c = 1 / std::sqrt(9 * d);
  for (;;) {
    const double x = rng.standard_normal(), root = 1 + c * x;
    if (root <= 0) continue;
    const double v = root * root * root;
    if (std::log(1 - rng.random()) < x * x / 2 + d - d * v + d * std::log(v)) return d * v;
  }
}

}  // namespace

Beta::Beta(const Space& action_space)
    : action_dim_(action_space.size()), low_(action_space.low), high_(action_space.high) {
  for (std::size_t j = 0; j < low_.size(); ++j) {
    range_.push_back(high_[j] - low_[j]);
    log_ranges_ += std::log(static_cast<double>(range_[j]));
  }
}

float Beta::to_action(double share, int j) const {
  const auto at = static_cast<std::size_t>(j);
  const auto action = static_cast<float>(low_[at] + share * range_[at]);
  return std::isnan(action) ? action : std::clamp(action, low_[at], high_[at]);  // rounding may pass a bound
}

void Beta::sample(const ConstMatrixRef& outputs, Rng& rng, MatrixRef actions) {
  for (Eigen::Index i = 0; i < actions.rows(); ++i)
    for (int j = 0; j < action_dim_; ++j) {
      const double of_alpha = draw_gamma(shape_of(outputs(i, j)).value, rng);
      const double of_beta = draw_gamma(shape_of(outputs(i, action_dim_ + j)).value, rng);
      actions(i, j) = to_action(of_alpha / (of_alpha + of_beta), j);
    }
}

void Beta::mode(const ConstMatrixRef& outputs, MatrixRef actions) const {
  for (Eigen::Index i = 0; i < actions.rows(); ++i)
    for (int j = 0; j < action_dim_; ++j) {
      const double alpha = shape_of(outputs(i, j)).value, beta = shape_of(outputs(i, action_dim_ + j)).value;
      actions(i, j) = to_action(alpha / (alpha + beta), j);
    }
}

// With x in (0, 1), log B(a, b) = log Gamma(a) + log Gamma(b) - log Gamma(a + b) and psi the digamma function:
// log p = (a - 1) log x + (b - 1) log(1 - x) - log B - log range;
// H = log B - (a - 1) psi(a) - (b - 1) psi(b) + (a + b - 2) psi(a + b) + log range;
// d log p / d a = log x - psi(a) + psi(a + b);  d H / d a = (a + b - 2) psi'(a + b) - (a - 1) psi'(a); b likewise.
void Beta::evaluate(const ConstMatrixRef& outputs, const ConstMatrixRef& actions) {
  constexpr double kMargin = 1e-6;  // float32 cannot hold what lies nearer to a bound, and there log p has no end
  const auto n = static_cast<std::size_t>(outputs.rows()), dim = static_cast<std::size_t>(action_dim_);
  for (std::vector<float>* v : {&log_probs_, &entropy_}) v->resize(n);
  for (std::vector<float>* v : {&d_log_prob_, &d_entropy_}) v->resize(n * 2 * dim);
  for (std::size_t i = 0; i < n; ++i) {
    const auto row = static_cast<Eigen::Index>(i);
    double log_prob = -log_ranges_, entropy = log_ranges_;
    for (std::size_t j = 0; j < dim; ++j) {
      const auto column = static_cast<Eigen::Index>(j);
      const Shape alpha = shape_of(outputs(row, column)), beta = shape_of(outputs(row, action_dim_ + column));
      const double a = alpha.value, b = beta.value;
      const double share = (static_cast<double>(actions(row, column)) - low_[j]) / range_[j];
      const double x = std::clamp(share, kMargin, 1 - kMargin), log_x = std::log(x), log_rest = std::log1p(-x);
      const LogGamma of_a = log_gamma(a), of_b = log_gamma(b), of_both = log_gamma(a + b);
      const double log_beta = of_a.value + of_b.value - of_both.value;
      log_prob += (a - 1) * log_x + (b - 1) * log_rest - log_beta;
      entropy += log_beta - (a - 1) * of_a.digamma - (b - 1) * of_b.digamma + (a + b - 2) * of_both.digamma;
      const std::size_t at_a = i * 2 * dim + j, at_b = at_a + dim;
      d_log_prob_[at_a] = static_cast<float>(alpha.slope * (log_x - of_a.digamma + of_both.digamma));
      d_log_prob_[at_b] = static_cast<float>(beta.slope * (log_rest - of_b.digamma + of_both.digamma));
      d_entropy_[at_a] = static_cast<float>(alpha.slope * ((a + b - 2) * of_both.trigamma - (a - 1) * of_a.trigamma));
      d_entropy_[at_b] = static_cast<float>(beta.slope * ((a + b - 2) * of_both.trigamma - (b - 1) * of_b.trigamma));
    }
    log_probs_[i] = static_cast<float>(log_prob);
    entropy_[i] = static_cast<float>(entropy);
  }
}

void Beta::gradient(const Values& d_log_probs, float d_entropy, MatrixRef d_outputs) const {
  const Eigen::Index n = d_outputs.rows();
  const Eigen::Map<const Matrix> d_log_prob(d_log_prob_.data(), n, 2 * action_dim_);
  const Eigen::Map<const Matrix> d_entropies(d_entropy_.data(), n, 2 * action_dim_);
  d_outputs.array() = d_log_prob.array().colwise() * d_log_probs.array() + d_entropy * d_entropies.array();
}

}  // namespace slm
