#include "slm_lab/search/asha.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace slm::asha_test {
namespace {

using testing::ElementsAre;

std::vector<std::int64_t> frames(const std::vector<Rung>& rungs) {
  std::vector<std::int64_t> out;
  for (const Rung& rung : rungs) out.push_back(rung.frame);
  return out;
}

TEST(AshaBracket, RungsLieAPowerOfTheReductionFactorApart) {
  EXPECT_THAT(frames(AshaBracket(1000, 20000, 4, 0).rungs()), ElementsAre(1000, 4000, 16000));
  EXPECT_THAT(frames(AshaBracket(1000, 20000, 4, 1).rungs()), ElementsAre(4000, 16000));
  EXPECT_THAT(frames(AshaBracket(1000, 999, 4, 0).rungs()), ElementsAre());
}

// Quantile 1 - 1/4 of {1, 2, 3} is 2.5, of {1, 2, 3, 4} is 3.25: linear between the 3rd and the 4th value.
TEST(AshaBracket, StopsWhatIsBelowTheQuantileOfThoseBefore) {
  AshaBracket bracket(1000, 20000, 4, 0);
  EXPECT_TRUE(bracket.report(0, 999, -5).goes_on);  // no rung yet
  EXPECT_TRUE(bracket.report(0, 1000, 2).goes_on);  // the first
  EXPECT_TRUE(bracket.report(1, 1500, 3).goes_on);
  EXPECT_FALSE(bracket.report(2, 1000, 1).goes_on);    // below 2.75
  EXPECT_TRUE(bracket.report(3, 1000, 4).goes_on);     // not below 2.5
  EXPECT_FALSE(bracket.report(4, 1000, 3.2).goes_on);  // below 3.25
  EXPECT_TRUE(bracket.report(5, 1000, 3.5).goes_on);   // of {1, 2, 3, 3.2, 4}: 3.2
  EXPECT_TRUE(bracket.report(0, 2000, -9).goes_on);    // measured there already
}

TEST(AshaBracket, ALateFirstReportCountsAtTheHighestRungItHasReachedAndThenAtTheLowerOnes) {
  AshaBracket bracket(1000, 20000, 4, 0);
  EXPECT_TRUE(bracket.report(0, 1000, 10).goes_on);
  EXPECT_TRUE(bracket.report(1, 5000, 0).goes_on);   // alone at 4000
  EXPECT_FALSE(bracket.report(1, 6000, 0).goes_on);  // then at 1000, against 10
}

TEST(AshaBracket, WhatIsNoNumberNeitherStopsNorCounts) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  AshaBracket bracket(1000, 20000, 4, 0);
  EXPECT_TRUE(bracket.report(0, 1000, nan).goes_on);
  EXPECT_TRUE(bracket.report(1, 1000, -7).goes_on);
  EXPECT_TRUE(bracket.report(2, 1000, nan).goes_on);
  EXPECT_FALSE(bracket.report(3, 1000, -8).goes_on);
}

TEST(AshaBracket, SaysWhereATrialIsComparedNext) {
  AshaBracket bracket(1000, 20000, 4, 0);
  EXPECT_EQ(bracket.next_comparison(0), 1000);
  bracket.report(0, 999, 1);
  EXPECT_EQ(bracket.next_comparison(0), 1000);
  bracket.report(0, 1500, 1);
  EXPECT_EQ(bracket.next_comparison(0), 4000);
  bracket.report(1, 17000, 1);
  EXPECT_EQ(bracket.next_comparison(1), 1000) << "at the highest rung; then at the lower ones";
  bracket.report(1, 17001, 1);
  bracket.report(1, 17002, 1);
  EXPECT_EQ(bracket.next_comparison(1), std::nullopt);
  EXPECT_EQ(AshaBracket(2.5, 100, 2, 0).next_comparison(0), 3) << "the first whole frame from the rung on";
}

TEST(Asha, ComparesNextAtARungOfItsBracketOrAtTheEnd) {
  SearchScheduler spec;
  spec.grace_period = 1000;
  spec.reduction_factor = 3;
  Asha asha(spec, 5000, 0);
  EXPECT_EQ(asha.next_comparison(0), 1000);
  asha.report(0, 1000, 1);
  EXPECT_EQ(asha.next_comparison(0), 3000);
  asha.report(0, 3000, 1);
  EXPECT_EQ(asha.next_comparison(0), 5000);
  spec.max_t = 500;
  EXPECT_EQ(Asha(spec, 5000, 0).next_comparison(0), 500);
}

TEST(Asha, EndsTrialsAtTheLastFrame) {
  SearchScheduler spec;
  spec.grace_period = 1000;
  EXPECT_TRUE(Asha(spec, 5000, 0).report(0, 4999, 1).goes_on);
  EXPECT_FALSE(Asha(spec, 5000, 0).report(0, 5000, 1).goes_on);
  spec.max_t = 3000;
  EXPECT_FALSE(Asha(spec, 5000, 0).report(0, 3000, 1).goes_on);
}

TEST(Asha, CountsWhoReachedARungAndWhoWasStoppedThere) {
  SearchScheduler spec;
  spec.grace_period = 1000;
  Asha asha(spec, 5000, 0);
  asha.report(0, 1000, 2);
  asha.report(1, 1000, 1);
  asha.report(0, 4000, 2);
  const std::vector<Rung> rungs = asha.rungs();
  ASSERT_THAT(frames(rungs), ElementsAre(1000, 4000));
  EXPECT_EQ(rungs[0].reached, 2);
  EXPECT_EQ(rungs[0].stopped, 1);
  EXPECT_EQ(rungs[1].reached, 1);
}

// Three, two and one rung: chances 1 : 1/e : 1/e^2, of 9,000 trials 5,987, 2,202 and 810.
TEST(Asha, DrawsBracketsByTheirRungs) {
  SearchScheduler spec;
  spec.grace_period = 1000;
  spec.brackets = 3;
  const Asha asha(spec, 20000, 0);
  std::vector<int> count(3);
  for (int trial = 0; trial < 9000; ++trial) ++count[static_cast<std::size_t>(asha.bracket_of(trial))];
  EXPECT_NEAR(count[0], 5987, 4 * 45);  // four standard deviations
  EXPECT_NEAR(count[1], 2202, 4 * 41);
  EXPECT_NEAR(count[2], 810, 4 * 27);
}

}  // namespace
}  // namespace slm::asha_test
