#include "slm_lab/algorithm/advantage_normalizer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "tests/support/reread.h"

namespace slm::advantage_normalizer_test {
namespace {

const Vector kAdvantages{{40, -20, 0, 10}};

Vector of_minibatch(AdvantageNormalizer& normalizer, Vector advantages) {
  normalizer.minibatch(advantages);
  return advantages;
}
Vector of_rollout(const AdvantageNormalizer& normalizer, Vector advantages) {
  normalizer.rollout(advantages);
  return advantages;
}

TEST(AdvantageNormalizer, StandardizesMinibatchesOrRollouts) {
  // mean 7.5, squares 32.5^2 + 27.5^2 + 7.5^2 + 2.5^2 = 1875
  const double std = std::sqrt(1875.0 / 3);
  AdvantageNormalizer minibatches("standardize"), rollouts("standardize_rollout"), none("none");
  for (const Vector& standardized : {of_minibatch(minibatches, kAdvantages), of_rollout(rollouts, kAdvantages)}) {
    EXPECT_NEAR(standardized[0], 32.5 / std, 1e-6);
    EXPECT_NEAR(standardized[1], -27.5 / std, 1e-6);
  }
  for (const Vector& raw : {of_minibatch(rollouts, kAdvantages), of_rollout(minibatches, kAdvantages),
                            of_minibatch(none, kAdvantages), of_rollout(none, kAdvantages)})
    EXPECT_EQ(raw, kAdvantages);
}

// The distance of the percentiles is 35.5 + 17 = 52.5: a hundredth of it at first, below 1; after k minibatches
// 52.5 (1 - 0.99^k), which the mean does not enter.
TEST(AdvantageNormalizer, DividesByTheRunningDistanceOfPercentiles) {
  AdvantageNormalizer normalizer("percentile");
  EXPECT_EQ(of_rollout(normalizer, kAdvantages), kAdvantages);
  EXPECT_EQ(of_minibatch(normalizer, kAdvantages), kAdvantages);  // 0.525: never scaled up
  for (int k = 2; k <= 300; ++k) {
    const double scale = std::max(1.0, 52.5 * (1 - std::pow(0.99, k)));
    ASSERT_NEAR(of_minibatch(normalizer, kAdvantages)[0], 40 / scale, 1e-5 * 40) << k;
  }
}

TEST(AdvantageNormalizer, GoesOnFromACheckpoint) {
  AdvantageNormalizer saved("percentile"), loaded("percentile");
  for (int k = 0; k < 50; ++k) of_minibatch(saved, kAdvantages);
  Archive out;
  saved.serialize(out);
  Archive in = reread(out);
  loaded.serialize(in);
  EXPECT_EQ(of_minibatch(loaded, kAdvantages), of_minibatch(saved, kAdvantages));
  EXPECT_LT(of_minibatch(loaded, kAdvantages)[0], 2);  // 40 / (52.5 (1 - 0.99^52))
}

}  // namespace
}  // namespace slm::advantage_normalizer_test
