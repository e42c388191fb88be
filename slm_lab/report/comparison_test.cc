#include "slm_lab/report/comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace slm::comparison_test {
namespace {

using testing::ElementsAre;

constexpr double kNone = SessionRow::kNone;

std::vector<SessionRow> session(const std::vector<double>& frames, const std::vector<double>& returns,
                                double seconds_per_frame = 1) {
  std::vector<SessionRow> rows;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    SessionRow& row = rows.emplace_back();
    row.frame = frames[i];
    row.wall_t = frames[i] * seconds_per_frame;
    row.total_reward_ma = returns[i];
  }
  return rows;
}

ComparisonOptions with(SessionBand band, SessionCenter center = SessionCenter::mean) {
  ComparisonOptions options;
  options.band = band;
  options.center = center;
  return options;
}

TEST(SessionsCurve, IsTheMeanAsFarAsTheShortestSessionGoes) {
  const ComparedRun run{"", "PPO", {session({10, 20, 30}, {1, 2, 3}), session({10, 20}, {3, 6})}};
  const SessionsCurve curve = sessions_curve(run, with(SessionBand::range));
  EXPECT_THAT(curve.x, ElementsAre(10, 20));
  EXPECT_THAT(curve.center, ElementsAre(2, 4));
  EXPECT_THAT(curve.low, ElementsAre(1, 2));
  EXPECT_THAT(curve.high, ElementsAre(3, 6));
}

TEST(SessionsCurve, SessionsWithOtherLogPointsAreReadBetweenTheirs) {
  const ComparedRun run{"", "PPO", {session({10, 20}, {0, 10}), session({5, 15, 25}, {kNone, 4, 8})}};
  const SessionsCurve curve = sessions_curve(run, with(SessionBand::none));
  EXPECT_THAT(curve.x, ElementsAre(10, 20));
  EXPECT_THAT(curve.center, ElementsAre(0, 8)) << "the second counts from 15 on, and is 6 at 20";
}

TEST(SessionsCurve, OverTimeEachSessionHasItsOwn) {
  const ComparedRun run{"", "PPO", {session({10, 20}, {0, 10}, 1), session({10, 20}, {0, 10}, 2)}};
  ComparisonOptions options = with(SessionBand::none);
  options.over = CompareOver::time;
  const SessionsCurve curve = sessions_curve(run, options);
  ASSERT_EQ(curve.x.size(), 401u);
  EXPECT_EQ(curve.x.front(), 10);
  EXPECT_EQ(curve.x.back(), 20);
  EXPECT_EQ(curve.center.front(), 0) << "the slower one has no value at 10 s";
  EXPECT_DOUBLE_EQ(curve.center.back(), 5) << "10 and 0";
}

TEST(SessionsCurve, TheInterquartileMeanLeavesOutTheEnds) {
  const ComparedRun run{"", "PPO", {session({1}, {0}), session({1}, {10}), session({1}, {20}), session({1}, {1000})}};
  EXPECT_THAT(sessions_curve(run, with(SessionBand::none, SessionCenter::iqm)).center, ElementsAre(15));
}

TEST(SessionsCurve, TheStandardDeviationIsThatOfASample) {
  const ComparedRun run{"", "PPO", {session({1}, {1}), session({1}, {3})}};
  const SessionsCurve curve = sessions_curve(run, with(SessionBand::std));
  EXPECT_DOUBLE_EQ(curve.low[0], 2 - std::sqrt(2));
  EXPECT_DOUBLE_EQ(curve.high[0], 2 + std::sqrt(2));
}

// Of the values 0 and 1 the mean of two draws is 0, 1/2 or 1, with 1/4 at each end: the interval is all of it. Of nine
// values 0 and one 10 a mean of 0 has probability 0.9^10 = 0.35, one above 3 less than 0.013.
TEST(SessionsCurve, TheBootstrapIntervalIsThatOfResampledSessions) {
  const ComparedRun two{"", "PPO", {session({1}, {0}), session({1}, {1})}};
  const SessionsCurve wide = sessions_curve(two, with(SessionBand::ci95));
  EXPECT_EQ(wide.low[0], 0);
  EXPECT_EQ(wide.high[0], 1);
  ComparedRun ten{"", "PPO", std::vector<std::vector<SessionRow>>(9, session({1}, {0}))};
  ten.sessions.push_back(session({1}, {10}));
  const SessionsCurve skewed = sessions_curve(ten, with(SessionBand::ci95));
  EXPECT_EQ(skewed.low[0], 0);
  EXPECT_EQ(skewed.high[0], 3);
  EXPECT_EQ(sessions_curve(ten, with(SessionBand::ci95, SessionCenter::iqm)).center[0], 0);
}

TEST(SessionsCurve, OfOneSessionThereIsNoBand) {
  const SessionsCurve curve = sessions_curve({"", "PPO", {session({1}, {5})}}, with(SessionBand::ci95));
  EXPECT_THAT(curve.center, ElementsAre(5));
  EXPECT_TRUE(std::isnan(curve.low[0]) && std::isnan(curve.high[0]));
}

TEST(Comparison, RunsOfOneAlgorithmHaveColoursOfTheirOwn) {
  const std::vector<SessionRow> rows = session({1, 2}, {1, 2});
  const std::vector<ComparedRun> same = {{"a", "PPO", {rows}}, {"b", "PPO", {rows}}};
  const auto colors = [](std::span<const ComparedRun> runs) {
    const Page page = comparison_page(runs, {});
    return std::pair(page.plots[0].series[0].color.red, page.plots[0].series[1].color.red);
  };
  EXPECT_NE(colors(same).first, colors(same).second);
  const std::vector<ComparedRun> different = {{"a", "SAC", {rows}}, {"b", "PPO", {rows}}};
  EXPECT_EQ(colors(different).first, algorithm_color("SAC").red);
  EXPECT_EQ(colors(different).second, algorithm_color("PPO").red);
}

TEST(Comparison, ARunWithoutValuesIsLeftOutAndTimeHasAUnit) {
  const std::vector<ComparedRun> runs = {{"none", "PPO", {session({1}, {kNone})}},
                                         {"long", "PPO", {session({3600, 36000}, {1, 2})}}};
  ComparisonOptions options;
  options.over = CompareOver::time;
  const Page page = comparison_page(runs, options);
  ASSERT_EQ(page.plots[0].series.size(), 1u);
  EXPECT_EQ(page.plots[0].series[0].label, "long");
  EXPECT_EQ(page.plots[0].x_label, "hours of training");
  EXPECT_EQ(page.plots[0].series[0].x.back(), 10);
}

}  // namespace
}  // namespace slm::comparison_test
