#include "slm_lab/algorithm/distribution.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>

namespace slm::distribution_test {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
const Space kUnbounded1 = Space::box({-kInf}, {kInf}), kUnbounded2 = Space::box({-kInf, -kInf}, {kInf, kInf});

Distribution::Values view(const Vector& v) { return {v.data(), v.size()}; }

// Central differences of sum_i weights_i log_prob_i + d_entropy * sum_i entropy_i in every output.
Matrix numeric_gradient(Distribution& distribution, Matrix outputs, const Matrix& actions, const Vector& weights,
                        float d_entropy) {
  const auto objective = [&] {
    distribution.evaluate(outputs, actions);
    return distribution.log_probs().cast<double>().dot(weights.cast<double>()) +
           d_entropy * distribution.entropy().cast<double>().sum();
  };
  constexpr float kStep = 4e-3f;
  Matrix gradient(outputs.rows(), outputs.cols());
  for (Eigen::Index i = 0; i < outputs.size(); ++i) {
    const float x = outputs.data()[i];
    outputs.data()[i] = x + kStep;
    const double above = objective();
    outputs.data()[i] = x - kStep;
    const double below = objective();
    outputs.data()[i] = x;
    gradient.data()[i] = static_cast<float>((above - below) / (2 * kStep));
  }
  return gradient;
}

void expect_gradient(Distribution& distribution, const Matrix& outputs, const Matrix& actions) {
  Vector weights(outputs.rows());
  for (Eigen::Index i = 0; i < weights.size(); ++i) weights[i] = 0.5f - static_cast<float>(i);
  constexpr float kEntropy = 0.7f;
  const Matrix expected = numeric_gradient(distribution, outputs, actions, weights, kEntropy);
  Matrix gradient(outputs.rows(), outputs.cols());
  distribution.evaluate(outputs, actions);
  distribution.gradient(view(weights), kEntropy, gradient);
  // float32 rounding of log-probabilities up to 10 over a difference of 8e-3
  EXPECT_LT((gradient - expected).cwiseAbs().maxCoeff(), 2e-3) << gradient << "\n\n" << expected;
}

TEST(Categorical, LogProbAndEntropyOfKnownProbabilities) {
  Categorical distribution(3);
  const Matrix outputs =
      Matrix{{0.2f, 0.3f, 0.5f}, {0.25f, 0.25f, 0.5f}}.array().log() + 3.0f;  // a shift changes nothing
  distribution.evaluate(outputs, Matrix{{2}, {0}});
  EXPECT_NEAR(distribution.log_probs()[0], std::log(0.5), 1e-6);
  EXPECT_NEAR(distribution.log_probs()[1], std::log(0.25), 1e-6);
  EXPECT_NEAR(distribution.entropy()[0], 1.0296530140645737, 1e-6);  // -(.2 ln .2 + .3 ln .3 + .5 ln .5)
  EXPECT_NEAR(distribution.entropy()[1], 1.5 * std::numbers::ln2, 1e-6);
}

TEST(Categorical, SurvivesHugeLogits) {
  Categorical distribution(2);
  distribution.evaluate(Matrix{{1000, -1000}, {-1000, -1000}}, Matrix{{0}, {1}});
  EXPECT_EQ(distribution.log_probs()[0], 0);
  EXPECT_EQ(distribution.entropy()[0], 0);
  EXPECT_NEAR(distribution.log_probs()[1], -std::numbers::ln2, 1e-6);
}

TEST(Categorical, GradientMatchesFiniteDifferences) {
  Categorical distribution(4);
  expect_gradient(distribution, Matrix{{0.3f, -1.2f, 2.0f, 0.1f}, {-0.4f, 0.2f, 0.2f, 1.1f}, {0, 0, 0, 0}},
                  Matrix{{2}, {0}, {3}});
}

TEST(Categorical, ReadsABlockOfAWiderMatrix) {
  Categorical distribution(2);
  const Matrix wide{{1, 2, 99}, {3, 1, 99}};
  distribution.evaluate(wide.leftCols(2), Matrix{{0}, {1}});
  EXPECT_NEAR(distribution.log_probs()[0], -std::log(1 + std::exp(1.0)), 1e-6);
  EXPECT_NEAR(distribution.log_probs()[1], -std::log(1 + std::exp(2.0)), 1e-6);
  Matrix actions(2, 1);
  distribution.mode(wide.leftCols(2), actions);
  EXPECT_EQ(actions, (Matrix{{1}, {0}}));
}

TEST(Categorical, DrawsWithItsProbabilities) {
  Categorical distribution(4);
  const std::vector<double> probs{0.1, 0.2, 0.3, 0.4};
  constexpr int kRows = 50, kRounds = 2000;
  Matrix outputs(kRows, 4);
  for (int a = 0; a < 4; ++a)
    outputs.col(a).setConstant(static_cast<float>(std::log(probs[static_cast<std::size_t>(a)])));
  Rng rng(7);
  Matrix actions(kRows, 1);
  std::vector<int> counts(4);
  for (int round = 0; round < kRounds; ++round) {
    distribution.sample(outputs, rng, actions);
    for (int i = 0; i < kRows; ++i) ++counts[static_cast<std::size_t>(actions(i, 0))];
  }
  double chi_square = 0;
  for (std::size_t a = 0; a < 4; ++a) {
    const double expected = probs[a] * kRows * kRounds;
    chi_square += (counts[a] - expected) * (counts[a] - expected) / expected;
  }
  EXPECT_LT(chi_square, 16.27);  // 3 degrees of freedom, p = 0.001
}

TEST(Normal, LogProbAndEntropyMatchTheDensity) {
  Normal distribution(kUnbounded2);
  // means 1, -1; standard deviations e^0.5, e^-1
  distribution.evaluate(Matrix{{1, -1, 0.5f, -1}}, Matrix{{2, -0.5f}});
  const auto log_density = [](double x, double mean, double s) {
    const double std = std::exp(s);
    return -0.5 * (x - mean) * (x - mean) / (std * std) - s - 0.5 * std::log(2 * std::numbers::pi);
  };
  EXPECT_NEAR(distribution.log_probs()[0], log_density(2, 1, 0.5) + log_density(-0.5, -1, -1), 1e-5);
  EXPECT_NEAR(distribution.entropy()[0], 0.5 - 1 + 1 + std::log(2 * std::numbers::pi), 1e-5);
}

TEST(Normal, GradientMatchesFiniteDifferences) {
  Normal distribution(kUnbounded2);
  expect_gradient(distribution, Matrix{{0.3f, -1.2f, 0.4f, -0.3f}, {1.0f, 0.5f, -0.2f, 0.8f}},
                  Matrix{{1.0f, -1.5f}, {0.2f, 1.5f}});
}

TEST(Normal, ClampsTheLogStandardDeviationAndPassesNoGradientThere) {
  Normal distribution(kUnbounded1);
  const Matrix outputs{{0, 7}, {0, -9}}, actions{{1}, {0.001f}};
  distribution.evaluate(outputs, actions);
  EXPECT_NEAR(distribution.entropy()[0], 2 + 0.5 * std::log(2 * std::numbers::pi * std::numbers::e), 1e-5);
  EXPECT_NEAR(distribution.entropy()[1], -5 + 0.5 * std::log(2 * std::numbers::pi * std::numbers::e), 1e-5);
  Matrix gradient(2, 2);
  distribution.gradient(view(Vector::Ones(2)), 1, gradient);
  EXPECT_EQ(gradient(0, 1), 0);
  EXPECT_EQ(gradient(1, 1), 0);
  EXPECT_NEAR(gradient(0, 0), std::exp(-4.0), 1e-6);  // (x - mean) / std^2
}

TEST(Normal, DrawsWithItsMomentsAndItsModeIsTheMean) {
  Normal distribution(kUnbounded1);
  constexpr int kRows = 100'000;
  Matrix outputs(kRows, 2);
  outputs.col(0).setConstant(3);
  outputs.col(1).setConstant(std::log(2.0f));
  Rng rng(11);
  Matrix actions(kRows, 1);
  distribution.sample(outputs, rng, actions);
  const double mean = actions.cast<double>().mean();
  const double variance = (actions.cast<double>().array() - mean).square().mean();
  EXPECT_NEAR(mean, 3, 4 * 2 / std::sqrt(kRows));            // four standard errors
  EXPECT_NEAR(variance, 4, 4 * 4 * std::sqrt(2.0 / kRows));  // of a chi-square
  distribution.mode(outputs.topRows(2), actions.topRows(2));
  EXPECT_EQ(Matrix(actions.topRows(2)), (Matrix{{3}, {3}}));
}

// tanh(0.5493061) = 0.5 and tanh(-0.5493061) = -0.5: half of the way from the centre of [-2, 4] and of [-3, -1] to
// their bounds, 1 + 3 / 2 and -2 - 1 / 2. Standard deviations are 1/2 and 1/4, in the units of the actions.
const Space kAsymmetric = Space::box({-2, -3}, {4, -1});
const Matrix kTanhOutputs{{0.5493061f, -0.5493061f, -0.6931472f, -1.3862944f}};

TEST(NormalWithTanhMean, HasItsMeanBetweenTheBounds) {
  Normal distribution(kAsymmetric, /*tanh_mean=*/true);
  Matrix mode(1, 2);
  distribution.mode(kTanhOutputs, mode);
  EXPECT_NEAR(mode(0, 0), 2.5, 1e-6);
  EXPECT_NEAR(mode(0, 1), -2.5, 1e-6);
  distribution.mode(Matrix{{50, -50, 0, 0}}, mode);
  EXPECT_EQ(mode, (Matrix{{4, -3}}));

  distribution.evaluate(kTanhOutputs, Matrix{{3, -2.25f}});  // one standard deviation above either mean
  EXPECT_NEAR(distribution.log_probs()[0], -1 + 3 * std::numbers::ln2 - std::log(2 * std::numbers::pi), 1e-5);
  EXPECT_NEAR(distribution.entropy()[0], -3 * std::numbers::ln2 + 1 + std::log(2 * std::numbers::pi), 1e-5);
}

TEST(NormalWithTanhMean, DrawsAroundItWithTheStandardDeviationAsItIs) {
  Normal distribution(kAsymmetric, /*tanh_mean=*/true);
  constexpr int kRows = 100'000;
  Rng rng(11);
  Matrix actions(kRows, 2);
  distribution.sample(kTanhOutputs.replicate(kRows, 1), rng, actions);
  const double means[] = {2.5, -2.5}, stds[] = {0.5, 0.25};
  for (int j = 0; j < 2; ++j) {
    const double mean = actions.col(j).cast<double>().mean();
    const double variance = (actions.col(j).cast<double>().array() - mean).square().mean();
    EXPECT_NEAR(mean, means[j], 4 * stds[j] / std::sqrt(kRows));  // four standard errors
    EXPECT_NEAR(variance, stds[j] * stds[j], 4 * stds[j] * stds[j] * std::sqrt(2.0 / kRows));
  }
}

TEST(NormalWithTanhMean, GradientMatchesFiniteDifferences) {
  Normal distribution(kAsymmetric, /*tanh_mean=*/true);
  expect_gradient(distribution, Matrix{{0.3f, -1.2f, 0.4f, -0.3f}, {1.0f, 0.5f, -0.2f, 0.8f}},
                  Matrix{{1.0f, -1.5f}, {0.2f, -2.5f}});
}

TEST(FindDistribution, DefaultsByKindOfSpace) {
  EXPECT_EQ(find_distribution("default", Space::discrete(3))->name, "Categorical");
  EXPECT_EQ(find_distribution("default", Space::box({-1}, {1}))->name, "Normal");
  EXPECT_EQ(find_distribution("Categorical", Space::box({-1}, {1})), nullptr);
  EXPECT_FALSE(find_distribution("Gumbel", Space::box({-1}, {1}))->why_not.empty());
}

}  // namespace
}  // namespace slm::distribution_test
