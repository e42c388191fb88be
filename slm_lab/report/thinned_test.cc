#include "slm_lab/report/thinned.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace slm::thinned_test {
namespace {

using testing::ElementsAre;
using testing::NanSensitiveDoubleEq;

const std::vector<double> kX = {10, 20, 30, 40, 50, 60, 70};
const std::vector<double> kY = {1, 5, NAN, 7, NAN, NAN, -2};

TEST(Thinned, TellsMeanLowestAndHighestOfEachStretch) {
  const Thinned curve = thinned(kX, kY, 2);
  EXPECT_THAT(curve.x, ElementsAre(20, 40, 60, 70));
  EXPECT_THAT(curve.y, ElementsAre(3, 7, NanSensitiveDoubleEq(NAN), -2));
  EXPECT_THAT(curve.low, ElementsAre(1, 7, NanSensitiveDoubleEq(NAN), -2));
  EXPECT_THAT(curve.high, ElementsAre(5, 7, NanSensitiveDoubleEq(NAN), -2));
  EXPECT_FALSE(curve.whole);
}

TEST(Thinned, InStretchesOfOneIsTheCurve) {
  const Thinned curve = thinned(kX, kY, 1);
  EXPECT_EQ(curve.x, kX);
  EXPECT_EQ(curve.y.size(), kY.size());
  EXPECT_TRUE(curve.whole);
}

TEST(Thinned, KeepsWithinTheNumberOfPoints) {
  EXPECT_EQ(stretch_of(0, 500), 1u);
  EXPECT_EQ(stretch_of(500, 500), 1u);
  EXPECT_EQ(stretch_of(501, 500), 2u);
  EXPECT_EQ(stretch_of(80000, 500), 160u);
}

}  // namespace
}  // namespace slm::thinned_test
