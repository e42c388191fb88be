#include "slm_lab/algorithm/returns.h"

#include <gtest/gtest.h>

namespace slm::returns_test {
namespace {

// Three environments over three steps. The first only runs on; the second terminates at step 1; the third is truncated
// at step 0 and its second episode terminates with the last step.
const Matrix kRewards{{1, 1, 1}, {2, 2, 2}, {4, 4, 4}};
const Matrix kNotTerminated{{1, 1, 1}, {1, 0, 1}, {1, 1, 0}};
const Matrix kNotEnded{{1, 1, 0}, {1, 0, 1}, {1, 1, 0}};
const Matrix kNextValues{{2, 2, 8}, {2, 100, 2}, {16, 16, 100}};  // 100: of a state after the end, must not count

TEST(DiscountedReturns, BootstrapsAtTheClockAndAtTheEndOnly) {
  Matrix returns(3, 3);
  discounted_returns({kRewards, kNotTerminated, kNotEnded}, kNextValues, 0.5f, returns);
  const Matrix expected{
      {5, 2, 5},   // 1 + 2/2 + 4/4 + 16/8 | 1 + 2/2            | 1 + 8/2
      {8, 2, 4},   // 2 + 4/2 + 16/4       | 2 and nothing more | 2 + 4/2
      {12, 12, 4}  // 4 + 16/2             | 4 + 16/2           | 4 and nothing more
  };
  EXPECT_EQ(returns, expected);
}

TEST(DiscountedReturns, WithoutValuesAreMonteCarloSums) {
  Matrix returns(3, 3);
  discounted_returns({kRewards, kNotTerminated, kNotEnded}, Matrix::Zero(3, 3), 0.5f, returns);
  EXPECT_EQ(returns, (Matrix{{3, 2, 1}, {4, 2, 4}, {4, 4, 4}}));
}

TEST(EstimateGae, TruncationBootstrapsAndCutsTerminationOnlyCuts) {
  const Matrix values{{1, 1, 1}, {2, 2, 2}, {2, 2, 2}};
  Matrix advantages(3, 3), targets(3, 3);
  estimate_gae({kRewards, kNotTerminated, kNotEnded}, values, kNextValues, 0.5f, 0.5f, advantages, targets);
  // TD errors: {1 + 2/2 - 1, same, 1 + 8/2 - 1} = {1, 1, 4}
  //            {2 + 2/2 - 2, 2 - 2, 2 + 2/2 - 2} = {1, 0, 1}
  //            {4 + 16/2 - 2, same, 4 - 2}       = {10, 10, 2}
  const Matrix expected{
      {1.875f, 1, 4},   // 1 + 3.5/4 | 1 + 0/4 | 4: the next row is another episode
      {3.5f, 0, 1.5f},  // 1 + 10/4  | 0       | 1 + 2/4
      {10, 10, 2},
  };
  EXPECT_EQ(advantages, expected);
  EXPECT_EQ(targets, Matrix(expected + values));
}

TEST(EstimateGae, WithLambdaOneIsTheReturnMinusTheValue) {
  const Matrix values{{1, 1, 1}, {2, 2, 8}, {2, 2, 2}};
  const Matrix next_values{{2, 2, 8}, {2, 0, 2}, {16, 16, 0}};
  Matrix advantages(3, 3), targets(3, 3), returns(3, 3);
  estimate_gae({kRewards, kNotTerminated, kNotEnded}, values, next_values, 0.5f, 1.0f, advantages, targets);
  discounted_returns({kRewards, kNotTerminated, kNotEnded}, next_values, 0.5f, returns);
  EXPECT_EQ(targets, returns);
}

TEST(ExplainedVariance, HandWorked) {
  const std::vector<float> targets = {1, 2, 6};  // variance 14 / 3
  EXPECT_EQ(explained_variance(targets, targets), 1);
  EXPECT_EQ(explained_variance(std::vector<float>{4, 5, 9}, targets), 1);  // an offset is no variance
  EXPECT_EQ(explained_variance(std::vector<float>{-5, -5, -5}, targets), 0);
  // errors 1, -1, 3 with mean 1: squares 0 + 4 + 4
  EXPECT_DOUBLE_EQ(explained_variance(std::vector<float>{0, 3, 3}, targets), 1 - 8.0 / 14);
  EXPECT_EQ(explained_variance(std::vector<float>{-1, -2, -6}, targets), -3);  // worse than a constant
  EXPECT_TRUE(std::isnan(explained_variance(targets, std::vector<float>{7, 7, 7})));
}

TEST(Standardize, HasMeanZeroAndSampleDeviationOne) {
  Vector x(3);
  x << 1, 2, 6;  // mean 3, squares 4 + 1 + 9 = 14, std sqrt(7)
  standardize(x);
  EXPECT_NEAR(x[0], -2 / std::sqrt(7.0f), 1e-6);
  EXPECT_NEAR(x[2], 3 / std::sqrt(7.0f), 1e-6);
  Vector one = Vector::Constant(1, 5);
  standardize(one);
  EXPECT_EQ(one[0], 5);
}

}  // namespace
}  // namespace slm::returns_test
