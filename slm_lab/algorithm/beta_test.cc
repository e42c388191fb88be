#include "slm_lab/algorithm/beta.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace slm::beta_test {
namespace {

const Space kBounds = Space::box({-2, 0}, {4, 0.5f});

/// The output whose shape is 1 + softplus(output).
float raw(double shape) { return static_cast<float>(std::log(std::expm1(shape - 1))); }

// Beta(2, 3) has the density 12 x (1 - x)^2, here 1.5 at x = 1/2 and over 6 the width of [-2, 4]; its entropy is
// log(1 / 12) - psi(2) - 2 psi(3) + 3 psi(5) = -0.2349066497879999. Beta(4, 2) has 20 x^3 (1 - x), the entropy
// log(1 / 20) - 3 psi(4) - psi(2) + 4 psi(6) = -0.3623989402206566; of [0, 1/2].
TEST(Beta, LogProbAndEntropyMatchTheDensity) {
  Beta distribution(kBounds);
  distribution.evaluate(Matrix{{raw(2), raw(4), raw(3), raw(2)}}, Matrix{{1, 0.375f}});
  const double first = std::log(1.5 / 6), second = std::log(20 * 0.421875 * 0.25 / 0.5);  // x = 3/4
  EXPECT_NEAR(distribution.log_probs()[0], first + second, 1e-5);
  EXPECT_NEAR(distribution.entropy()[0], -0.2349066497879999 + std::log(6) - 0.3623991723151003 + std::log(0.5), 1e-5);
}

// Both shapes 1 + softplus(-30), all but 1: uniform.
TEST(Beta, IsUniformAtItsFlattest) {
  Beta distribution(kBounds);
  distribution.evaluate(Matrix{{-30, -30, -30, -30}, {-30, -30, -30, -30}}, Matrix{{-2, 0}, {3.9f, 0.2f}});
  for (int i = 0; i < 2; ++i) {
    EXPECT_NEAR(distribution.log_probs()[i], -std::log(3), 1e-5);
    EXPECT_NEAR(distribution.entropy()[i], std::log(3), 1e-5);
  }
}

TEST(Beta, ItsActionWithoutChanceIsTheMean) {
  const Beta distribution(kBounds);
  Matrix actions(1, 2);
  distribution.mode(Matrix{{raw(2), raw(4), raw(3), raw(2)}}, actions);
  EXPECT_NEAR(actions(0, 0), -2 + 6 * 0.4, 1e-6);
  EXPECT_NEAR(actions(0, 1), 0.5 * 4 / 6, 1e-6);
}

// The distribution functions are polynomials; Kolmogorov and Smirnov's distance of n draws has sqrt(n) D < 1.95 in 999
// of 1000 samples.
TEST(Beta, DrawsByItsDistributionFunction) {
  constexpr int kRows = 100'000;
  Beta distribution(kBounds);
  Rng rng(5);
  Matrix actions(kRows, 2);
  distribution.sample(Matrix{{raw(2), raw(4), raw(3), raw(2)}}.replicate(kRows, 1), rng, actions);
  const auto distance = [&](int j, double low, double range, auto&& function) {
    std::vector<float> sorted(kRows);
    for (int i = 0; i < kRows; ++i) sorted[static_cast<std::size_t>(i)] = actions(i, j);
    std::ranges::sort(sorted);
    double largest = 0;
    for (int i = 0; i < kRows; ++i) {
      const double expected = function((static_cast<double>(sorted[static_cast<std::size_t>(i)]) - low) / range);
      largest = std::max({largest, (i + 1.0) / kRows - expected, expected - static_cast<double>(i) / kRows});
    }
    return largest * std::sqrt(kRows);
  };
  EXPECT_LT(distance(0, -2, 6, [](double x) { return x * x * (6 - 8 * x + 3 * x * x); }), 1.95);
  EXPECT_LT(distance(1, 0, 0.5, [](double x) { return x * x * x * x * (5 - 4 * x); }), 1.95);
}

TEST(Beta, StaysFiniteAndWithinItsBoundsAtExtremes) {
  Beta distribution(kBounds);
  const Matrix outputs{{1e6f, 30, -1e6f, 3e4f}, {-3e38f, 3e38f, 3e38f, -3e38f}, {0, 0, 0, 0}};
  Rng rng(1);
  Matrix actions(3, 2), gradient(3, 4);
  for (int round = 0; round < 100; ++round) {
    distribution.sample(outputs, rng, actions);
    EXPECT_TRUE((actions.col(0).array() >= -2).all() && (actions.col(0).array() <= 4).all()) << actions;
    EXPECT_TRUE((actions.col(1).array() >= 0).all() && (actions.col(1).array() <= 0.5f).all()) << actions;
  }
  actions.row(2) << -2, 0.5f;  // on the bounds, where the density is 0
  distribution.evaluate(outputs.bottomRows(1), actions.bottomRows(1));
  EXPECT_TRUE(std::isfinite(distribution.log_probs()[0]));
  distribution.evaluate(outputs.topRows(1), actions.topRows(1));
  const Vector one = Vector::Ones(1);
  distribution.gradient({one.data(), 1}, 1, gradient.topRows(1));
  EXPECT_TRUE(std::isfinite(distribution.log_probs()[0]));
  EXPECT_TRUE(gradient.topRows(1).allFinite()) << gradient.topRows(1);
}

// A net that has diverged must not keep the draw waiting; the loss says what has happened.
TEST(Beta, DrawsNotANumberFromWhatIsNone) {
  Beta distribution(kBounds);
  Matrix outputs = Matrix::Zero(1, 4), actions(1, 2);
  outputs(0, 1) = std::numeric_limits<float>::quiet_NaN();
  outputs(0, 2) = std::numeric_limits<float>::infinity();
  Rng rng(1);
  distribution.sample(outputs, rng, actions);
  EXPECT_TRUE(std::isnan(actions(0, 0)) && std::isnan(actions(0, 1)));
}

}  // namespace
}  // namespace slm::beta_test
