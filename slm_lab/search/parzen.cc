#include "slm_lab/search/parzen.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

#include "slm_lab/search/normal.h"

namespace slm {
namespace {

constexpr double kPriorWeight = 1;
constexpr std::size_t kNewest = 25;  // observations that have full weight

/// Full weight for the newest, a ramp from 1/n for those before.
std::vector<double> weights(std::size_t num_observed) {
  std::vector<double> out(num_observed, 1.0);
  if (num_observed <= kNewest) return out;
  const double n = static_cast<double>(num_observed), from = 1 / n;
  const std::size_t older = num_observed - kNewest;
  for (std::size_t i = 0; i < older; ++i)
    out[i] = older == 1 ? from : from + (1 - from) * static_cast<double>(i) / static_cast<double>(older - 1);
  return out;
}

/// For each value the distance to the further of its neighbours; to its only one at either end.
std::vector<double> further_neighbours(const std::vector<double>& values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return values[i]; });
  std::vector<double> out(values.size());
  for (std::size_t at = 0; at < order.size(); ++at) {
    const double here = values[order[at]];
    const double left = at > 0 ? here - values[order[at - 1]] : 0;
    const double right = at + 1 < order.size() ? values[order[at + 1]] - here : 0;
    out[order[at]] = std::max(left, right);
  }
  return out;
}

}  // namespace

NumberKernels::NumberKernels(const SearchDimension& dimension, std::span<const double> observed, Bandwidth bandwidth,
                             int num_dimensions)
    : scale_(scale_of(dimension)) {
  for (const double number : observed) mu_.push_back(scale_.place(number));
  const auto n = static_cast<double>(observed.size());
  mu_.push_back(scale_.prior_mean());
  if (bandwidth == Bandwidth::neighbours)
    sigma_ = further_neighbours(mu_);
  else
    sigma_.assign(mu_.size(), 0.2 * std::pow(std::max(n, 1.0), -1.0 / (num_dimensions + 4)) * scale_.width());
  // Not so narrow that nothing else is ever tried ("magic clip").
  const double narrowest = scale_.width() / std::min(100.0, 2 + n);
  for (double& sigma : sigma_) sigma = std::clamp(sigma, narrowest, scale_.width());
  sigma_.back() = scale_.prior_sd();
  for (std::size_t i = 0; i < mu_.size(); ++i) {
    below_.push_back(normal_cdf((scale_.low - mu_[i]) / sigma_[i]));
    share_.push_back(normal_cdf((scale_.high - mu_[i]) / sigma_[i]) - below_.back());
  }
}

double NumberKernels::sample(std::size_t kernel, Rng& rng) const {
  const double share = below_[kernel] + share_[kernel] * (rng.random() + 0x1p-54);
  const double bell = normal_quantile(std::clamp(share, std::numeric_limits<double>::min(), 1 - 0x1p-53));
  return scale_.number(std::clamp(mu_[kernel] + sigma_[kernel] * bell, scale_.low, scale_.high));
}

double NumberKernels::log_density(std::size_t kernel, double number) const {
  const double mu = mu_[kernel], sigma = sigma_[kernel];
  if (scale_.step > 0) {
    const auto [from, to] = scale_.cell(number);
    return std::log((normal_cdf((to - mu) / sigma) - normal_cdf((from - mu) / sigma)) / share_[kernel]);
  }
  const double bell = (scale_.place(number) - mu) / sigma;
  return -0.5 * bell * bell - std::log(sigma * std::sqrt(2 * std::numbers::pi) * share_[kernel]);
}

ChoiceKernels::ChoiceKernels(const SearchDimension& dimension, std::span<const double> observed)
    : num_choices_(dimension.choices.size()), observed_(observed.begin(), observed.end()) {}

// Each kernel has kPriorWeight / kernels for every choice and 1 more for its own, divided by the sum.
double ChoiceKernels::sample(std::size_t kernel, Rng& rng) const {
  const auto choices = static_cast<double>(num_choices_);
  const double any = std::floor(rng.random() * choices);
  if (kernel == observed_.size()) return any;
  const double prior = kPriorWeight * choices / static_cast<double>(observed_.size() + 1);
  return rng.random() * (1 + prior) < prior ? any : observed_[kernel];
}

double ChoiceKernels::log_density(std::size_t kernel, double number) const {
  const auto choices = static_cast<double>(num_choices_);
  if (kernel == observed_.size()) return -std::log(choices);
  const double each = kPriorWeight / static_cast<double>(observed_.size() + 1);
  return std::log(((observed_[kernel] == number ? 1 : 0) + each) / (1 + each * choices));
}

ParzenEstimator::ParzenEstimator(std::span<const SearchDimension> space, std::span<const SearchPoint> observed,
                                 Bandwidth bandwidth) {
  std::vector<double> kernels = weights(observed.size());
  kernels.push_back(kPriorWeight);
  const double sum = std::accumulate(kernels.begin(), kernels.end(), 0.0);
  double until = 0;
  for (const double weight : kernels) {
    log_weights_.push_back(std::log(weight / sum));
    weights_until_.push_back(until += weight / sum);
  }
  for (std::size_t d = 0; d < space.size(); ++d) {
    std::vector<double> numbers;
    for (const SearchPoint& parameters : observed) numbers.push_back(parameters[d]);
    if (space[d].distribution == SearchDistribution::choice)
      dimensions_.emplace_back(ChoiceKernels(space[d], numbers));
    else
      dimensions_.emplace_back(NumberKernels(space[d], numbers, bandwidth, static_cast<int>(space.size())));
  }
}

SearchPoint ParzenEstimator::sample(Rng& rng) const {
  const auto at = std::ranges::upper_bound(weights_until_, rng.random()) - weights_until_.begin();
  const std::size_t kernel = std::min(static_cast<std::size_t>(at), weights_until_.size() - 1);
  SearchPoint drawn;
  for (const auto& dimension : dimensions_)
    drawn.push_back(std::visit([&](const auto& kernels) { return kernels.sample(kernel, rng); }, dimension));
  return drawn;
}

double ParzenEstimator::log_density(const SearchPoint& parameters) const {
  std::vector<double> logs = log_weights_;
  for (std::size_t d = 0; d < dimensions_.size(); ++d)
    std::visit(
        [&](const auto& kernels) {
          for (std::size_t k = 0; k < logs.size(); ++k) logs[k] += kernels.log_density(k, parameters[d]);
        },
        dimensions_[d]);
  const double largest = *std::ranges::max_element(logs);
  double sum = 0;
  for (const double log : logs) sum += std::exp(log - largest);
  return largest + std::log(sum);
}

}  // namespace slm
