#include "slm_lab/algorithm/schedule.h"

#include <gtest/gtest.h>

#include <cmath>

#include "slm_lab/spec/report.h"

namespace slm::schedule_test {
namespace {

Schedule make(std::string name, double start_val, double end_val) {
  return {.name = std::move(name), .start_val = start_val, .end_val = end_val, .start_step = 100, .end_step = 300};
}

TEST(Schedule, NoDecayStays) {
  EXPECT_EQ(make("no_decay", 0.3, 0.1).at(0), 0.3);
  EXPECT_EQ(make("no_decay", 0.3, 0.1).at(1'000'000), 0.3);
  EXPECT_EQ(make("no_decay", 0.3, 0.1).end(), 0.3);
}

TEST(Schedule, LinearDecayReachesAnExplicitZero) {
  const Schedule s = make("linear_decay", 0.01, 0.0);
  EXPECT_EQ(s.at(0), 0.01);
  EXPECT_EQ(s.at(100), 0.01);
  EXPECT_DOUBLE_EQ(s.at(150), 0.0075);
  EXPECT_EQ(s.at(300), 0.0);
  EXPECT_EQ(s.at(9999), 0.0);
  EXPECT_EQ(s.end(), 0.0);
}

TEST(Schedule, LinearDecayMayRise) { EXPECT_DOUBLE_EQ(make("linear_decay", 0.128, 0.2).at(200), 0.164); }

TEST(Schedule, RateDecayLosesATenthInEachOfTwentyStretches) {
  const Schedule s = make("rate_decay", 1.0, 0.2);
  EXPECT_DOUBLE_EQ(s.at(110), 0.9);
  EXPECT_DOUBLE_EQ(s.at(120), 0.81);
  EXPECT_DOUBLE_EQ(s.at(299), 0.2);  // 0.9^19.9 = 0.12 is below the end
  EXPECT_DOUBLE_EQ(make("rate_decay", 0.0, 1.0).at(110), 0.1);
}

TEST(Schedule, PeriodicDecaySwingsWithShrinkingAmplitude) {
  const Schedule s = make("periodic_decay", 1.0, 0.2);
  EXPECT_DOUBLE_EQ(s.at(100), 1.0);  // 0.2 + 0.5 * 0.8 * 2
  const double x = 30;               // halfway through 60 radians
  EXPECT_NEAR(s.at(200), 0.2 + 0.4 * (1 + std::cos(x)) * 0.5, 1e-12);
  EXPECT_EQ(s.at(300), 0.2);
}

std::optional<Schedule> read(const std::string& json, SpecReport& report) {
  const JsonNode root = parse_json(json, "test.json");
  SpecReader reader(&root, "", report);
  return read_schedule(reader, "s", "a schedule", between(0, 1));
}

TEST(ReadSchedule, ReadsNothingFromNull) {
  SpecReport report("test.json");
  EXPECT_FALSE(read(R"({"s": null})", report));
  EXPECT_FALSE(read("{}", report));
  EXPECT_TRUE(report.problems().empty());
}

TEST(ReadSchedule, EndValDefaultsToStartValAndZeroIsHonoured) {
  SpecReport report("test.json");
  EXPECT_EQ(read(R"({"s": {"name": "linear_decay", "start_val": 0.5, "end_step": 10}})", report)->end_val, 0.5);
  EXPECT_EQ(read(R"({"s": {"name": "linear_decay", "start_val": 0.5, "end_val": 0, "end_step": 10}})", report)->end_val,
            0);
  EXPECT_TRUE(report.problems().empty());
}

TEST(ReadSchedule, ReportsWhatIsWrong) {
  SpecReport report("test.json");
  read(R"({"s": {"name": "linear_decay", "start_val": 7, "start_step": 9, "end_step": 3, "end_vla": 1}})", report);
  EXPECT_EQ(report.problems().size(), 3u);  // out of range, end before start, unknown key
}

}  // namespace
}  // namespace slm::schedule_test
