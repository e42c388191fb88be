#include "slm_lab/algorithm/value_loss.h"

#include <gtest/gtest.h>

#include <cmath>

namespace slm::value_loss_test {
namespace {

Vector vector(std::vector<float> values) {
  return Eigen::Map<Vector>(values.data(), static_cast<Eigen::Index>(values.size()));
}
ValueLoss::Values view(const Vector& v) { return {v.data(), v.size()}; }

TEST(ValueNormalizer, MergesBatchesAsOne) {
  ValueNormalizer parts, whole;
  parts.update(vector({1, 5, 9}));
  parts.update(vector({-3}));
  parts.update(vector({20, 0}));
  whole.update(vector({1, 5, 9, -3, 20, 0}));
  EXPECT_NEAR(parts.scale(), whole.scale(), 1e-6);
  // mean 32/6, sum of squares 516, population variance 516/6 - (32/6)^2
  EXPECT_NEAR(whole.scale(), std::sqrt(516.0 / 6 - 32.0 * 32 / 36), 1e-5);
}

TEST(ValueNormalizer, NeverScalesUp) {
  ValueNormalizer normalizer;
  EXPECT_EQ(normalizer.scale(), 1);
  normalizer.update(vector({0.1f, 0.2f}));
  EXPECT_EQ(normalizer.scale(), 1);
}

TEST(ValueLoss, IsTheWeightedMeanSquaredError) {
  ValueLoss loss({}, 0.5, false);
  const Vector values = vector({1, 2}), targets = vector({3, 2});
  Vector d(2);
  EXPECT_FLOAT_EQ(loss(view(values), targets, {d.data(), 2}), 0.5f * (4 + 0) / 2);
  EXPECT_FLOAT_EQ(d[0], 0.5f * 2 * (1 - 3) / 2);
  EXPECT_EQ(d[1], 0);
}

TEST(ValueLoss, NormalizedComparesOnTheScaleOfTargets) {
  ValueLoss loss({}, 1, true);
  const Vector values = vector({0, 100}), targets = vector({3, -3});  // variance 9: scale 3
  Vector d(2);
  EXPECT_NEAR(loss(view(values), targets, {d.data(), 2}), ((0 - 1) * (0 - 1) + (10 + 1) * (10 + 1)) / 2.0, 1e-4);
  EXPECT_NEAR(d[0], 2 * (0 - 1) / 2.0 / 3, 1e-6);
  EXPECT_EQ(d[1], 0);  // 100 / 3 is clamped to 10
}

// symlog(e - 1) = 1, symlog(1 - e^2) = -2, symlog(0) = 0.
TEST(ValueLoss, SymlogComparesLogarithms) {
  const float e = std::exp(1.0f);
  ValueLoss loss({}, 0.5, false, /*symlog=*/true);
  const Vector values = vector({e - 1, 1 - e * e}), targets = vector({0, e - 1});
  Vector d(2);
  EXPECT_NEAR(loss(view(values), targets, {d.data(), 2}), 0.5 * (1 * 1 + 3 * 3) / 2, 1e-5);
  EXPECT_NEAR(d[0], 0.5 * 2 * 1 / 2.0 / e, 1e-6);  // the slope of symlog is 1 / (1 + |x|)
  EXPECT_NEAR(d[1], 0.5 * 2 * -3 / 2.0 / (e * e), 1e-6);
}

// Targets of -2 and 4 on the logarithmic scale: mean 1, variance 9, scale 3.
TEST(ValueLoss, SymlogComesBeforeTheScaleOfTargets) {
  ValueLoss loss({}, 1, /*normalize=*/true, /*symlog=*/true);
  const Vector values = vector({0, 0}), targets = vector({1 - std::exp(2.0f), std::exp(4.0f) - 1});
  Vector d(2);
  EXPECT_NEAR(loss(view(values), targets, {d.data(), 2}), (4 + 16) / 9.0 / 2, 1e-5);
  EXPECT_NEAR(d[0], 2.0 / 3 / 3, 1e-6);
  EXPECT_NEAR(d[1], -4.0 / 3 / 3, 1e-6);
}

// On the logarithmic scale v = 1, v_old = 0, y = 2; the step of 1 is clipped to 0.2, so that the larger error is 1.8;
// and v = -1, v_old = 0, y = 1: 2 is larger than 1.2, and moves.
TEST(ValueLoss, SymlogIsClippedOnItsScale) {
  const float e = std::exp(1.0f);
  ValueLoss loss({}, 0.5, false, /*symlog=*/true);
  const Vector values = vector({e - 1, 1 - e}), old_values = vector({0, 0}), targets = vector({e * e - 1, e - 1});
  Vector d(2);
  EXPECT_NEAR(loss.clipped(view(values), old_values, targets, 0.2f, {d.data(), 2}), 0.5 * 0.5 * (1.8 * 1.8 + 2 * 2) / 2,
              1e-5);
  EXPECT_EQ(d[0], 0);
  EXPECT_NEAR(d[1], 0.5 * -2 / 2 / e, 1e-6);
}

TEST(ClippedValueLoss, GradientMatchesFiniteDifferences) {
  const Vector old_values = vector({0, 0, 0, 0}), targets = vector({1, 1, -1, 0.05f});
  Vector values = vector({0.5f, 0.1f, 0.5f, -0.5f});
  Vector d(4), ignored(4);
  const auto loss = [&](Vector& gradient) {
    return clipped_value_loss(view(values), old_values, targets, 0.2f, 0.5f, {gradient.data(), 4});
  };
  // larger of: (0.25, 0.64), (0.81, 0.81), (2.25, 1.44), (0.3025, 0.0625)
  EXPECT_NEAR(loss(d), 0.5 * 0.5 * (0.64 + 0.81 + 2.25 + 0.3025) / 4, 1e-6);
  EXPECT_EQ(d[0], 0);  // the clip holds it
  for (Eigen::Index i = 0; i < 4; ++i) {
    constexpr float kStep = 1e-2f;
    const float x = values[i];
    values[i] = x + kStep;
    const float above = loss(ignored);
    values[i] = x - kStep;
    const float below = loss(ignored);
    values[i] = x;
    EXPECT_NEAR(d[i], (above - below) / (2 * kStep), 1e-5) << i;
  }
}

}  // namespace
}  // namespace slm::value_loss_test
