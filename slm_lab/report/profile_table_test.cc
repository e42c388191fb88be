#include "slm_lab/report/profile_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "slm_lab/report/phase_json.h"

namespace slm::profile_table_test {
namespace {

using testing::HasSubstr;
using testing::Not;

PhaseSeconds some_seconds() {
  PhaseSeconds seconds{};
  of_phase(seconds, Phase::env) = 3;
  of_phase(seconds, Phase::forward) = 0.996;
  of_phase(seconds, Phase::other) = 0.004;
  return seconds;
}

TEST(ProfileTable, HasEveryPhaseItsShareAndTheSum) {
  EXPECT_EQ(profile_table(std::vector<SessionProfile>{{.session = 2, .frames = 5000, .seconds = some_seconds()}}),
            "phase               s2 (s)\n"
            "--------------------------\n"
            "act           0.0%    0.00\n"
            "env          75.0%    3.00\n"
            "store         0.0%    0.00\n"
            "draw          0.0%    0.00\n"
            "forward      24.9%    1.00\n"
            "loss          0.0%    0.00\n"
            "backward      0.0%    0.00\n"
            "optimiser     0.0%    0.00\n"
            "evaluate      0.0%    0.00\n"
            "log           0.0%    0.00\n"
            "checkpoint    0.0%    0.00\n"
            "other         0.1%    0.00\n"
            "total       100.0%    4.00\n"
            "frames/s             1.25k\n");
}

TEST(ProfileTable, BreaksAfterFourSessions) {
  std::vector<SessionProfile> sessions;
  for (int i = 0; i < 5; ++i) sessions.push_back({.session = i, .frames = 100, .seconds = undivided(1234.5)});
  const std::string text = profile_table(sessions);
  EXPECT_THAT(text, testing::ContainsRegex("phase +s0 .s. +s1 .s. +s2 .s. +s3 .s.\n"));
  EXPECT_THAT(text, testing::ContainsRegex("\nphase +s4 .s.\n"));
  EXPECT_LT(text.find('\n'), 80u) << "of a terminal";
}

TEST(ProfileTable, OfNoSessionIsEmpty) { EXPECT_EQ(profile_table({}), ""); }

TEST(ProfileLine, LeavesOutWhatTakesNothing) {
  EXPECT_EQ(profile_line(some_seconds()), "env 75%  forward 25%");
  EXPECT_EQ(profile_line(PhaseSeconds{}), "");
}

TEST(PhaseJson, IsReadBack) {
  EXPECT_EQ(read_phases(phase_json(some_seconds())), some_seconds());
  EXPECT_EQ(phase_json(some_seconds()).size(), kPhaseNames.size());
  EXPECT_EQ(read_phases(Json::object()), PhaseSeconds{});
  EXPECT_THROW(read_phases(Json::parse("{\"act\": \"long\"}")), Json::exception);
  EXPECT_THROW(read_phases(Json::parse("[1]")), Json::exception);
}

}  // namespace
}  // namespace slm::profile_table_test
