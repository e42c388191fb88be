#include "slm_lab/base/quantile.h"

#include <gtest/gtest.h>

#include <cmath>

namespace slm::quantile_test {
namespace {

TEST(Quantile, IsLinearBetweenNeighbours) {
  const std::vector<float> sorted{-20, 0, 10, 40};
  EXPECT_EQ(quantile(sorted, 0), -20);
  EXPECT_EQ(quantile(sorted, 1), 40);
  EXPECT_FLOAT_EQ(quantile(sorted, 0.5), 5);
  EXPECT_FLOAT_EQ(quantile(sorted, 0.05), -17);  // 0.15 of the way from the first to the second
  EXPECT_FLOAT_EQ(quantile(sorted, 0.95), 35.5f);
  EXPECT_EQ(quantile(std::vector<double>{7}, 0.95), 7);
}

TEST(Median, IsTheMiddleOrTheMeanOfTheTwoInTheMiddle) {
  EXPECT_EQ(median({5, 1, 3}), 3);
  EXPECT_EQ(median({8, 1, 2, 4}), 3);
  EXPECT_TRUE(std::isnan(median({})));
}

}  // namespace
}  // namespace slm::quantile_test
