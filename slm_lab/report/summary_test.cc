#include "slm_lab/report/summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slm::summary_test {
namespace {

using testing::HasSubstr;
using testing::Not;

std::vector<SessionSummary> sessions(std::initializer_list<double> scores) {
  std::vector<SessionSummary> out;
  for (const double score : scores)
    out.push_back({.name = "s" + std::to_string(out.size()),
                   .frame = 1000,
                   .fps = 500,
                   .seconds = 2,
                   .total_reward_ma = score,
                   .episode_return_ma100 = score + 1,
                   .eval_return_d100 = {score + 2, 0.5, 100},
                   .opt_step = 7});
  return out;
}

TEST(TrialSummary, OneSessionHasNoMean) {
  const SessionSummary session{.name = "s0",
                               .frame = 200000,
                               .fps = 12400,
                               .seconds = 16,
                               .total_reward_ma = 463.6,
                               .episode_return_ma100 = 487.3,
                               .eval_return_d100 = {.mean = 500, .std = 0, .n = 100},
                               .opt_step = 7};
  EXPECT_EQ(trial_summary(std::vector{session}),
            "session  total_reward_ma  MA-100   D-100    +-  frames  frames/s  wall\n"
            "----------------------------------------------------------------------\n"
            "s0                463.60  487.30  500.00  0.00    200k     12.4k  0:16\n");
}

TEST(TrialSummary, HasMeanAndRangeOfSeveralSessions) {
  const std::string text = trial_summary(sessions({-30, 10, 50}));
  EXPECT_THAT(text, HasSubstr("mean"));
  EXPECT_THAT(text, HasSubstr(" 10.00 "));
  EXPECT_THAT(text, HasSubstr("-30.00 .. 50.00"));
  EXPECT_THAT(text, HasSubstr("-28.00 .. 52.00"));
  EXPECT_THAT(text, Not(HasSubstr("95 %")));  // of three sessions it says nothing
  EXPECT_THAT(trial_summary(sessions({10})), Not(HasSubstr("range")));
}

TEST(TrialSummary, AnIntervalNeedsFiveSessions) {
  EXPECT_THAT(trial_summary(sessions({1, 2, 3, 4})), Not(HasSubstr("95 %")));
  const std::string text = trial_summary(sessions({1, 2, 3, 4, 90}));
  EXPECT_THAT(text, HasSubstr("95 %"));
  EXPECT_THAT(text, HasSubstr("1.00 .. 90.00"));
}

TEST(TrialSummary, ASessionWithoutAScoreIsNoPartOfTheRange) {
  EXPECT_THAT(trial_summary(sessions({Scalars::kNone, 2, 3})), HasSubstr("2.00 .. 3.00"));
}

TEST(TrialSummary, SaysWhichSessionsNeverTrained) {
  auto some = sessions({1, 2, 3});
  EXPECT_THAT(trial_summary(some), Not(HasSubstr("never trained")));
  some[1].opt_step = 0;
  EXPECT_THAT(trial_summary(some), testing::EndsWith("s1 never trained: not one optimiser step in the whole run\n"));
  for (SessionSummary& session : some) session.opt_step = 0;
  EXPECT_THAT(trial_summary(some), HasSubstr("all sessions never trained"));
}

}  // namespace
}  // namespace slm::summary_test
