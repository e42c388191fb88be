#include "slm_lab/report/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "slm_lab/base/file.h"
#include "slm_lab/report/metric_files.h"
#include "tests/support/scratch_folder.h"

namespace slm::metrics_test {
namespace {

using testing::DoubleEq;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::NanSensitiveDoubleEq;

constexpr double kNaN = Scalars::kNone;

std::vector<SessionRow> rows_of(const std::vector<double>& returns) {
  std::vector<SessionRow> rows(returns.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows[i].total_reward = returns[i];
    rows[i].frame = 100.0 * static_cast<double>(i + 1);
    rows[i].opt_step = 2.0 * static_cast<double>(i);  // 0 at the first log point
  }
  return rows;
}

// Returns 12, 16, 14, 18 over a random policy's 10: strengths 2, 6, 4, 8, together 20.
TEST(SessionMetrics, HandWorked) {
  const SessionMetrics m = session_metrics(rows_of({12, 16, 14, 18}), 10);
  EXPECT_DOUBLE_EQ(m.scalar.total_reward_ma, 15);
  EXPECT_DOUBLE_EQ(m.scalar.strength, 5);
  EXPECT_DOUBLE_EQ(m.scalar.max_strength, 8);
  EXPECT_DOUBLE_EQ(m.scalar.final_strength, 8);
  // 2/100 + 6/200 + 4/300 + 8/400 = 25/300
  EXPECT_DOUBLE_EQ(m.scalar.sample_efficiency, 25.0 / 300 / 20);
  // the first, 2/0, is left out; 6/2 + 4/4 + 8/6
  EXPECT_DOUBLE_EQ(m.scalar.training_efficiency, (3 + 1 + 8.0 / 6) / 20);
  // one drop, 6 to 4; the strengths before the last are 2 + 6 + 4
  EXPECT_DOUBLE_EQ(m.scalar.stability, 1 - 2.0 / 12);

  EXPECT_THAT(m.strengths, ElementsAre(2, 6, 4, 8));
  EXPECT_THAT(m.mean_returns_ma, ElementsAre(12, 14, 14, 15));
  EXPECT_THAT(m.sample_efficiencies,
              ElementsAre(DoubleEq(0.01), DoubleEq(0.05 / 8), DoubleEq(0.19 / 3 / 12), DoubleEq(25.0 / 300 / 20)));
  EXPECT_THAT(m.stabilities, ElementsAre(NanSensitiveDoubleEq(kNaN), 1, DoubleEq(1 - 2.0 / 6), 1));
}

TEST(SessionMetrics, LogPointsBeforeTheFirstEpisodeCountNowhere) {
  const SessionMetrics with = session_metrics(rows_of({kNaN, 12, 16}), 10);
  EXPECT_DOUBLE_EQ(with.scalar.total_reward_ma, 14);
  EXPECT_DOUBLE_EQ(with.scalar.strength, 4);
  EXPECT_DOUBLE_EQ(with.scalar.sample_efficiency, (2.0 / 200 + 6.0 / 300) / 8);
  EXPECT_DOUBLE_EQ(with.scalar.stability, 1);
  EXPECT_EQ(with.frames.size(), 3u);
}

TEST(SessionMetrics, AnUnknownRandomPolicyCountsAsZero) {
  EXPECT_DOUBLE_EQ(session_metrics(rows_of({12, 16}), kNaN).scalar.strength, 14);
}

TEST(SessionMetrics, OfNothingAreNaN) {
  const SessionMetrics m = session_metrics({}, 0);
  for (const ScalarName& scalar : kScalars) EXPECT_TRUE(std::isnan(m.scalar.*scalar.value)) << scalar.name;
}

TEST(TrialMetrics, HandWorked) {
  // Strengths 2, 6 and 4, 6, 9; cut to two log points: means 3, 6, sample deviations sqrt(2), 0.
  std::vector sessions = {session_metrics(rows_of({2, 6}), 0), session_metrics(rows_of({4, 6, 9}), 0)};
  sessions[0].episode_return_ma100 = 5;
  sessions[1].episode_return_ma100 = 7;
  const TrialMetrics trial = trial_metrics(sessions);
  EXPECT_DOUBLE_EQ(trial.frame, 200);
  EXPECT_DOUBLE_EQ(trial.scalar.strength, (4 + 19.0 / 3) / 2);
  EXPECT_DOUBLE_EQ(trial.consistency, 1 - 2 * std::sqrt(2.0) / 9);
  EXPECT_THAT(trial.consistencies, ElementsAre(DoubleEq(1 - 2 * std::sqrt(2.0) / 3), 1));
  EXPECT_DOUBLE_EQ(trial.episode_return_ma100, 6);
  EXPECT_TRUE(std::isnan(trial.eval_return_d100));
  EXPECT_DOUBLE_EQ(trial.total_reward_ma_std, (19.0 / 3 - 4) / std::sqrt(2.0));
}

TEST(SessionMetrics, TheMovingAverageForgetsWhatIsOlderThan100LogPoints) {
  std::vector<double> returns;
  for (int i = 1; i <= 250; ++i) returns.push_back(i);
  const SessionMetrics m = session_metrics(rows_of(returns), 0);
  EXPECT_EQ(m.mean_returns_ma[98], 50);      // 1..99
  EXPECT_EQ(m.mean_returns_ma[99], 50.5);    // 1..100
  EXPECT_EQ(m.mean_returns_ma[100], 51.5);   // 2..101
  EXPECT_EQ(m.mean_returns_ma[249], 200.5);  // 151..250
  EXPECT_EQ(m.scalar.total_reward_ma, 200.5);
  EXPECT_EQ(m.scalar.final_strength, 250);
}

// Below the random policy every sign shows: strengths -3, -1, -2 of returns 7, 9, 8 over 10.
TEST(SessionMetrics, HandWorkedBelowChance) {
  const SessionMetrics m = session_metrics(rows_of({7, 9, 8}), 10);
  EXPECT_EQ(m.scalar.strength, -2);
  EXPECT_EQ(m.scalar.max_strength, -1);
  EXPECT_EQ(m.scalar.final_strength, -2);
  EXPECT_DOUBLE_EQ(m.scalar.sample_efficiency, (-3.0 / 100 - 1.0 / 200 - 2.0 / 300) / -6);
  EXPECT_DOUBLE_EQ(m.scalar.training_efficiency, (-1.0 / 2 - 2.0 / 4) / -6);
  EXPECT_DOUBLE_EQ(m.scalar.stability, 1 - 1.0 / 4);  // a drop of 1, over -3 - 1
}

TEST(SampleStd, DividesByOneLess) {
  EXPECT_EQ(sample_std(std::vector<double>{1, kNaN, 3}), std::sqrt(2.0));
  EXPECT_TRUE(std::isnan(sample_std(std::vector<double>{1, kNaN})));
}

TEST(TrialMetrics, EachScoreHasItsOwnMeanAndInterval) {
  std::vector sessions = {session_metrics(rows_of({1}), 0), session_metrics(rows_of({3}), 0)};
  sessions[0].episode_return_ma100 = 10;
  sessions[1].episode_return_ma100 = 30;
  sessions[0].eval_return_d100.mean = 100;
  sessions[1].eval_return_d100.mean = 300;
  const TrialMetrics trial = trial_metrics(sessions);
  EXPECT_EQ(trial.scalar.total_reward_ma, 2);
  EXPECT_EQ(trial.episode_return_ma100, 20);
  EXPECT_EQ(trial.eval_return_d100, 200);
  EXPECT_EQ(trial.total_reward_ma_ci95.low, 1);  // of two values a resample reaches both ends
  EXPECT_EQ(trial.total_reward_ma_ci95.high, 3);
  EXPECT_EQ(trial.episode_return_ma100_ci95.low, 10);
  EXPECT_EQ(trial.episode_return_ma100_ci95.high, 30);
  EXPECT_EQ(trial.eval_return_d100_ci95.low, 100);
  EXPECT_EQ(trial.eval_return_d100_ci95.high, 300);
}

TEST(TrialMetrics, OneSessionIsConsistentWithItself) {
  EXPECT_EQ(trial_metrics(std::vector{session_metrics(rows_of({2, 6}), 0)}).consistency, 1);
}

TEST(InterquartileMean, LeavesOutAQuarterAtEachEnd) {
  EXPECT_EQ(interquartile_mean(std::vector<double>{100, 3, 1, 2, 4, -100, 3, 5}), 3);  // 2 3 3 4
  EXPECT_EQ(interquartile_mean(std::vector<double>{1, 2, 6}), 3);
}

TEST(BootstrapCi95, CoversTwoValues) {
  // Of two values a resample's mean is 0, 1/2 or 1 with probabilities 1/4, 1/2, 1/4: both ends are beyond 2.5 %.
  const Interval two = bootstrap_ci95(std::vector<double>{0, 1});
  EXPECT_EQ(two.low, 0);
  EXPECT_EQ(two.high, 1);
  EXPECT_TRUE(std::isnan(bootstrap_ci95(std::vector<double>{1}).low));
}

TEST(BootstrapCi95, AgreesWithTheNormalApproximation) {
  // The values 0..99: the mean of 100 draws has a deviation of sqrt((100^2 - 1) / 12 / 100) = 2.887.
  std::vector<double> values(100);
  for (int i = 0; i < 100; ++i) values[i] = (i * 37) % 100;
  const Interval interval = bootstrap_ci95(values);
  // A 2.5 % quantile of 10,000 normal draws has itself a deviation of 2.887 * 0.0267; four of these.
  EXPECT_NEAR(interval.low, 49.5 - 1.96 * 2.887, 0.31);
  EXPECT_NEAR(interval.high, 49.5 + 1.96 * 2.887, 0.31);
  std::shuffle(values.begin(), values.end(), std::mt19937(1));
  EXPECT_EQ(bootstrap_ci95(values).low, interval.low);
}

TEST(MetricFiles, AMissingNumberIsNull) {
  const std::vector sessions = {session_metrics(rows_of({12, 16}), 10)};
  const std::string text = trial_metrics_json(trial_metrics(sessions), sessions);
  EXPECT_THAT(text, HasSubstr("\"total_reward_ma\": 14.0,\n    \"strength\": 4.0,\n"));
  EXPECT_THAT(text, HasSubstr("\"eval_return_d100\": null"));
}

TEST(MetricFiles, ATrialHoldsEverySession) {
  const std::vector sessions = {session_metrics(rows_of({2, 6}), 0), session_metrics(rows_of({4, 6}), 0)};
  const std::string text = trial_metrics_json(trial_metrics(sessions), sessions);
  EXPECT_THAT(text, testing::StartsWith("{\n  \"scalar\": {\n    \"frame\": 200.0,\n    \"total_reward_ma\": 4.5,\n"));
  EXPECT_THAT(text,
              HasSubstr("\"mean_returns\": [\n      [\n        2.0,\n        6.0\n      ],\n      [\n        4.0,"));
  EXPECT_THAT(text, HasSubstr("\"frames\": [\n      100.0,\n      200.0\n    ]"));
}

}  // namespace
}  // namespace slm::metrics_test
