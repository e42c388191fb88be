#include "slm_lab/search/parzen.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

namespace slm::parzen_test {
namespace {

constexpr int kDraws = 20000;

/// How often each of `numbers` was drawn lies within four standard deviations of its density.
void expect_as_dense(const SearchDimension& dimension, const std::vector<SearchPoint>& observed,
                     const std::vector<double>& numbers) {
  const ParzenEstimator estimator({&dimension, 1}, observed, Bandwidth::neighbours);
  Rng rng(4);
  std::map<double, int> count;
  for (int i = 0; i < kDraws; ++i) ++count[estimator.sample(rng)[0]];
  double sum = 0;
  for (const double number : numbers) {
    const double p = std::exp(estimator.log_density({number}));
    EXPECT_NEAR(count[number], kDraws * p, 4 * std::sqrt(kDraws * p * (1 - p))) << number;
    sum += p;
  }
  EXPECT_NEAR(sum, 1, 1e-9);
}

TEST(ParzenEstimator, DrawsChoicesByTheirDensity) {
  const SearchDimension dimension{"x", SearchDistribution::choice, {}, std::vector<JsonNode>(4)};
  expect_as_dense(dimension, {{1}, {1}, {1}, {3}, {1}}, {0, 1, 2, 3});
}

// Four observations of choice 1 and one of 3 among four, all six kernels alike; the prior of each is 1/6 per choice:
//   choice 1: (4 * 7/10 + 1/10 + 1/4) / 6 = 0.525
TEST(ParzenEstimator, FavoursTheChoicesThatWereObserved) {
  const SearchDimension dimension{"x", SearchDistribution::choice, {}, std::vector<JsonNode>(4)};
  const ParzenEstimator estimator({&dimension, 1}, std::vector<SearchPoint>{{1}, {1}, {1}, {3}, {1}},
                                  Bandwidth::neighbours);
  EXPECT_NEAR(std::exp(estimator.log_density({1})), 0.525, 1e-12);
}

TEST(ParzenEstimator, DrawsTheNumbersOfAGridByTheirDensity) {
  expect_as_dense({"x", SearchDistribution::quniform, {0, 1, 0.25}, {}}, {{0}, {0.25}, {0.25}},
                  {0, 0.25, 0.5, 0.75, 1});
  expect_as_dense({"x", SearchDistribution::qloguniform, {10, 40, 10}, {}}, {{40}, {30}}, {10, 20, 30, 40});
  expect_as_dense({"x", SearchDistribution::lograndint, {1, 6}, {}}, {{2}}, {1, 2, 3, 4, 5});
}

// Each tenth of the line gets the draws that its density, summed in 200 steps, gives it. On the line of a logarithm,
// and of a normal distribution (whose line is in standard deviations), the density is one per unit of the line.
TEST(ParzenEstimator, DrawsRealNumbersByTheirDensity) {
  for (const auto& [dimension, observed] : std::vector<std::pair<SearchDimension, std::vector<SearchPoint>>>{
           {{"x", SearchDistribution::uniform, {-1, 3}, {}}, {{-0.9}, {2}, {2.2}}},
           {{"x", SearchDistribution::loguniform, {1e-4, 1}, {}}, {{1e-3}, {0.5}}},
           {{"x", SearchDistribution::randn, {5, 2}, {}}, {{6}, {3}}}}) {
    const ParzenEstimator estimator({&dimension, 1}, observed, Bandwidth::neighbours);
    const Scale scale = scale_of(dimension);
    Rng rng(4);
    std::vector<int> count(10);
    for (int i = 0; i < kDraws; ++i) {
      const double share = (scale.place(estimator.sample(rng)[0]) - scale.low) / (scale.high - scale.low);
      ++count[static_cast<std::size_t>(std::min(share * 10, 9.0))];
    }
    for (int tenth = 0; tenth < 10; ++tenth) {
      double p = 0;
      for (int step = 0; step < 200; ++step) {
        const double width = (scale.high - scale.low) / 2000;
        const double at = scale.low + (tenth * 200 + step + 0.5) * width;
        p += std::exp(estimator.log_density({scale.number(at)})) * width;
      }
      EXPECT_NEAR(count[static_cast<std::size_t>(tenth)], kDraws * p, 4 * std::sqrt(kDraws * p * (1 - p)) + 1)
          << to_string(dimension.distribution) << ", tenth " << tenth;
    }
  }
}

}  // namespace
}  // namespace slm::parzen_test
