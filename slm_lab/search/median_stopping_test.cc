#include "slm_lab/search/median_stopping.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slm::median_stopping_test {
namespace {

// Averages until frame 20: 15, 25 and 35; their median is 25.
TEST(MedianStopping, StopsWhoseBestIsBelowTheMedianOfTheOthersAverages) {
  SearchScheduler spec;
  spec.grace_period = 10;
  MedianStopping median(spec, 100);
  for (int trial = 0; trial < 3; ++trial) {
    EXPECT_TRUE(median.report(trial, 5, -1000).goes_on);  // before the grace period: counts for nothing
    EXPECT_TRUE(median.report(trial, 10, 10 * (trial + 1)).goes_on);
    EXPECT_TRUE(median.report(trial, 20, 10 * (trial + 2)).goes_on);
  }
  MedianStopping copy = median;
  median.report(3, 10, 30);
  EXPECT_TRUE(median.report(3, 20, -1).goes_on);  // at best 30
  copy.report(3, 10, 24);
  const Decision decision = copy.report(3, 20, 24);
  EXPECT_FALSE(decision.goes_on);
  EXPECT_THAT(decision.reason, testing::HasSubstr("below 25: the median of 3 other trials"));
}

TEST(MedianStopping, WaitsForThreeOthersThatCameAsFar) {
  SearchScheduler spec;
  MedianStopping median(spec, 100);
  for (int trial = 0; trial < 3; ++trial) median.report(trial, trial < 2 ? 20 : 19, 50);
  EXPECT_TRUE(median.report(3, 20, 1).goes_on);
  median.report(2, 21, 50);
  EXPECT_FALSE(median.report(3, 20, 1).goes_on);
}

TEST(MedianStopping, ComparesAtEveryReportFromTheGracePeriodOn) {
  SearchScheduler spec;
  spec.grace_period = 10;
  MedianStopping median(spec, 100);
  median.report(0, 50, 1);
  EXPECT_EQ(median.next_comparison(0), 10);
  spec.max_t = 5;
  EXPECT_EQ(MedianStopping(spec, 100).next_comparison(0), 5);
}

}  // namespace
}  // namespace slm::median_stopping_test
