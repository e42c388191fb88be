#include "slm_lab/report/log_line.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <limits>

#include "slm_lab/report/number_text.h"

namespace slm::log_line_test {
namespace {

TEST(LogLine, LeavesOutWhatTheSessionDoesNotHave) {
  SessionRow row;
  row.frame = 200000;
  row.fps = 12400;
  row.total_reward = 487.31;
  row.total_reward_ma = 463.6;
  row.loss = 0.03121;
  row.lr = 3e-4;
  row.entropy = 0.512;
  EXPECT_EQ(log_line(row),
            "frame    200000  fps  12.4k  return   487.31  ma   463.60  loss   0.0312  lr 3.00e-04  entropy    0.512");
}

TEST(LogLine, DetailsAreWhatTheLineLeavesOut) {
  SessionRow row;
  row.entropy = 0.512;
  EXPECT_EQ(log_details(row), "");
  row.policy_loss = -0.0021;
  row.kl = 0.0125;
  row.explained_variance = 0.87;
  EXPECT_EQ(log_details(row), "policy_loss -0.00210  explained_variance    0.870  kl   0.0125");
  for (const Column& column : kColumns) row.*column.value = 3;
  const std::string both = log_line(row) + "  " + log_details(row) + " ";
  for (const Column& column : kColumns) {
    const std::string field = "  " + std::string(column.name) + " ";
    if (column.optional) {
      EXPECT_NE(both.find(field), both.npos) << column.name;
    }
  }
}

TEST(LogLine, KeepsItsColumnsBeforeTheFirstEpisode) {
  SessionRow row;
  row.frame = 500;
  EXPECT_EQ(log_line(row), "frame       500  fps      0  return        -  ma        -  loss        -");
}

TEST(StampedLine, HasTimeLevelAndUnit) {
  const auto line = stamped_line(std::chrono::system_clock::from_time_t(0), "INFO", "ppo_t0_s0", "text");
  EXPECT_EQ(line.substr(4, 1), "-");
  EXPECT_EQ(line.substr(13, 1), ":");
  EXPECT_EQ(line.substr(19), " | INFO | ppo_t0_s0 | text");
}

TEST(NumberText, Counts) {
  EXPECT_EQ(count_text(0), "0");
  EXPECT_EQ(count_text(999), "999");
  EXPECT_EQ(count_text(1000), "1k");
  EXPECT_EQ(count_text(8412), "8.41k");
  EXPECT_EQ(count_text(12400), "12.4k");
  EXPECT_EQ(count_text(99960), "100k");
  EXPECT_EQ(count_text(200000), "200k");
  EXPECT_EQ(count_text(1250000), "1.25M");
  EXPECT_EQ(count_text(std::nan("")), "-");
}

TEST(NumberText, ReturnsAndQuantities) {
  EXPECT_EQ(return_text(-80.256), "-80.26");
  EXPECT_EQ(return_text(12345.6), "12346");
  EXPECT_EQ(return_text(std::nan("")), "-");
  EXPECT_EQ(quantity_text(0.69), "0.690");
  EXPECT_EQ(quantity_text(12.345), "12.3");
  EXPECT_EQ(quantity_text(2.5e-4), "2.50e-04");
}

TEST(NumberText, Durations) {
  EXPECT_EQ(duration_text(7.4), "0:07");
  EXPECT_EQ(duration_text(59.9), "1:00");
  EXPECT_EQ(duration_text(754), "12:34");
  EXPECT_EQ(duration_text(3723), "1:02:03");
  EXPECT_EQ(duration_text(183840), "2d 03:04");
  EXPECT_EQ(duration_text(std::numeric_limits<double>::infinity()), "-");
}

}  // namespace
}  // namespace slm::log_line_test
