#include "slm_lab/net/lr_schedule.h"

#include "tests/support/net_fixture.h"

namespace slm::lr_schedule_test {
namespace {

TEST(LrSchedule, ClosedFormsAgreeWithPyTorch) {
  const JsonNode cases = fixture("lr_schedules");
  ASSERT_EQ(cases.elements.size(), 7u);
  for (const JsonNode& c : cases.elements) {
    SCOPED_TRACE(to_json_line(*c.find("spec")));
    const LrSchedule schedule(read_spec(*c.find("spec"), read_lr_schedule_config), 0.2);
    const std::vector<JsonNode>& lrs = c.find("lrs")->elements;
    // PyTorch goes step by step, in double.
    for (std::size_t i = 0; i < lrs.size(); ++i)
      EXPECT_NEAR(schedule.at(static_cast<std::int64_t>(i), 0), lrs[i].number, 1e-12) << "round " << i;
  }
}

TEST(LrSchedule, AnEmptyNameIsConstant) { EXPECT_EQ(LrSchedule({}, 0.3).at(1000, 1000), 0.3); }

TEST(LrSchedule, LinearToZeroCountsFramesAndStaysAtZero) {
  const LrSchedule schedule(read_spec(R"({"name": "LinearToZero", "frame": 1e3})", read_lr_schedule_config), 0.4);
  EXPECT_DOUBLE_EQ(schedule.at(7, 0), 0.4);
  EXPECT_DOUBLE_EQ(schedule.at(7, 250), 0.3);
  EXPECT_EQ(schedule.at(7, 1000), 0);
  EXPECT_EQ(schedule.at(7, 5000), 0);
}

TEST(LrSchedule, NamesTheNearest) {
  EXPECT_THAT(problems(R"({"name": "LinearToZer", "frame": 10})", read_lr_schedule_config),
              testing::HasSubstr("did you mean LinearToZero?"));
  EXPECT_THAT(problems(R"({"name": "LinearToZero"})", read_lr_schedule_config), testing::HasSubstr("frame"));
}

}  // namespace
}  // namespace slm::lr_schedule_test
