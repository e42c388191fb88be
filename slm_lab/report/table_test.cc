#include "slm_lab/report/table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "slm_lab/report/summary.h"

namespace slm {
namespace {

TEST(TextTable, AlignsCharactersNotBytes) {
  EXPECT_EQ(text_table({"name", "x"}, {{"é", "1.5"}, {"long name", "−10"}}),
            "name         x\n"
            "--------------\n"
            "é          1.5\n"
            "long name  −10\n");
}

TEST(TrialSummary, OneSessionHasNoMean) {
  const SessionSummary session{.name = "s0",
                               .frame = 200000,
                               .fps = 12400,
                               .seconds = 16,
                               .total_reward_ma = 463.6,
                               .episode_return_ma100 = 487.3,
                               .eval_return_d100 = {.mean = 500, .std = 0, .n = 100}};
  EXPECT_EQ(trial_summary(std::vector{session}),
            "session  total_reward_ma  MA-100   D-100    +-  frames  frames/s  wall\n"
            "----------------------------------------------------------------------\n"
            "s0                463.60  487.30  500.00  0.00    200k     12.4k  0:16\n");
}

TEST(TrialSummary, SeveralHaveAMeanAndItsInterval) {
  std::vector<SessionSummary> sessions(2);
  sessions[0] = {.name = "s0", .total_reward_ma = 0, .eval_return_d100 = {}};
  sessions[1] = {.name = "s1", .total_reward_ma = 1, .eval_return_d100 = {}};
  const std::string text = trial_summary(sessions);
  EXPECT_THAT(text, testing::ContainsRegex("mean +0.50 +- +-"));
  EXPECT_THAT(text, testing::HasSubstr("0.00 .. 1.00"));
}

}  // namespace
}  // namespace slm
