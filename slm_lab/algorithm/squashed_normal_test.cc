#include "slm_lab/algorithm/squashed_normal.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace slm::squashed_normal_test {
namespace {

TEST(SquashedNormal, LogProbIsTheDensityOfTheSquashedAction) {
  SquashedNormal policy(2);
  const Matrix outputs{{0.3f, -0.5f, -0.7f, 0.2f}, {2.0f, 0.0f, 0.5f, -1.0f}};
  Rng rng(3);
  policy.sample(outputs, rng);
  for (int i = 0; i < 2; ++i) {
    double expected = 0;
    for (int j = 0; j < 2; ++j) {
      const double a = policy.actions()(i, j), u = std::atanh(a), s = outputs(i, 2 + j), std = std::exp(s);
      const double z = (u - outputs(i, j)) / std;
      expected += -0.5 * z * z - s - 0.5 * std::log(2 * std::numbers::pi) - std::log(1 - a * a);
    }
    EXPECT_NEAR(policy.log_probs()[i], expected, 1e-4);
  }
}

TEST(SquashedNormal, SurvivesActionsAtTheEdge) {
  SquashedNormal policy(1);
  Rng rng(3);
  policy.sample(Matrix{{40, -9}}, rng);  // tanh is 1 in float32; log(1 - tanh^2) = 2 (log 2 - 40)
  EXPECT_EQ(policy.actions()(0, 0), 1);
  EXPECT_TRUE(std::isfinite(policy.log_probs()[0]));
  EXPECT_NEAR(policy.log_probs()[0], 80, 12);
}

// The loss c1 * sum log_probs + sum(w * actions) for fixed noise, in its outputs.
TEST(SquashedNormal, GradientMatchesFiniteDifferences) {
  SquashedNormal policy(2);
  Matrix outputs{{0.3f, -0.5f, -0.7f, 0.2f}, {1.0f, 0.0f, 0.5f, -1.0f}};
  const Matrix weights{{1.5f, -0.5f}, {0.3f, 2.0f}};
  constexpr float kLogProbs = 0.4f, kStep = 4e-3f;
  const auto loss = [&] {
    Rng rng(3);
    policy.sample(outputs, rng);
    return kLogProbs * policy.log_probs().cast<double>().sum() +
           policy.actions().cast<double>().cwiseProduct(weights.cast<double>()).sum();
  };
  loss();
  Matrix gradient;
  policy.gradient(kLogProbs, weights, gradient);
  for (Eigen::Index i = 0; i < outputs.size(); ++i) {
    const float x = outputs.data()[i];
    outputs.data()[i] = x + kStep;
    const double above = loss();
    outputs.data()[i] = x - kStep;
    const double below = loss();
    outputs.data()[i] = x;
    EXPECT_NEAR(gradient.data()[i], (above - below) / (2 * kStep), 1e-3) << i;
  }
}

TEST(SquashedNormal, ClampedLogStdPassesNoGradient) {
  SquashedNormal policy(1);
  Rng rng(3);
  policy.sample(Matrix{{0.1f, -9}}, rng);
  Matrix gradient;
  policy.gradient(1, Matrix{{1}}, gradient);
  EXPECT_EQ(gradient(0, 1), 0);
}

}  // namespace
}  // namespace slm::squashed_normal_test
