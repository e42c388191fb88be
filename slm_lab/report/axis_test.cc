#include "slm_lab/report/axis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

namespace slm::axis_test {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;

TEST(Ticks, InsideAreRoundAndWithin) {
  EXPECT_THAT(ticks_inside(0, 200000, 9).values,
              ElementsAre(0, 25000, 50000, 75000, 100000, 125000, 150000, 175000, 200000));
  EXPECT_THAT(ticks_inside(0, 3e6, 9).values, ElementsAre(0, 5e5, 1e6, 1.5e6, 2e6, 2.5e6, 3e6));
  EXPECT_THAT(ticks_inside(0, 99999, 5).values, ElementsAre(0, 25000, 50000, 75000));
}

TEST(Ticks, AroundCoverTheData) {
  EXPECT_THAT(ticks_around(9, 500, 7).values, ElementsAre(0, 100, 200, 300, 400, 500));
  EXPECT_THAT(ticks_around(-1290, -150, 7).values, ElementsAre(-1500, -1250, -1000, -750, -500, -250, 0));
  EXPECT_THAT(ticks_around(-20.5, 18, 7).values, ElementsAre(-30, -20, -10, 0, 10, 20));
}

TEST(Ticks, AroundLeaveZeroOutWhenItIsFarAway) {
  EXPECT_THAT(ticks_around(9300, 9360, 7).values, ElementsAre(9300, 9310, 9320, 9330, 9340, 9350, 9360));
  EXPECT_THAT(ticks_around(-90, -80, 7).values, ElementsAre(-90, -88, -86, -84, -82, -80));
}

TEST(Ticks, LogarithmicOnesArePowersOfTen) {
  EXPECT_THAT(log_ticks(0.004, 30), ElementsAre(DoubleNear(0.01, 1e-9), DoubleNear(0.1, 1e-9), 1, 10));
  EXPECT_THAT(log_ticks(0.3, 40), ElementsAre(DoubleNear(0.5, 1e-9), 1, 2, 5, 10, 20));
  EXPECT_THAT(log_ticks(3, 4), ElementsAre(3, 4));
  EXPECT_LE(log_ticks(1e-30, 1e30).size(), 6u);
}

TEST(Axis, GoesFromTickToTickOrEndsAtTheData) {
  const Axis whole = outer_axis(9, 498, 8);
  EXPECT_EQ(whole.low, 0);
  EXPECT_EQ(whole.high, 500);
  const Axis trimmed = outer_axis(-1290, -150, 8);  // -1400 is half an interval away, and the tick goes with it
  EXPECT_EQ(trimmed.ticks.size(), trimmed.labels.size());
  EXPECT_LE(trimmed.low, -1290);
  EXPECT_EQ(trimmed.high, 0);
  EXPECT_EQ(inner_axis(0, 99999, 5).high, 99999);
}

TEST(Axis, OfOneValueHasRoomOnBothSides) {
  // The mean of three times 0.2 differs from it by rounding.
  for (const auto& [low, high] : {std::pair(500.0, 500.0), {0.0, 0.0}, {-2.0, -2.0}, {0.2, (0.2 + 0.2 + 0.2) / 3}})
    for (const Axis& axis : {outer_axis(low, high, 7), inner_axis(low, high, 7)}) {
      EXPECT_THAT(axis.at(low), testing::AllOf(testing::Gt(0.1), testing::Lt(0.9))) << low;
      EXPECT_THAT(axis.ticks.size(), testing::AllOf(testing::Ge(2), testing::Le(7))) << low;
      EXPECT_EQ(axis.labels.size(), axis.ticks.size());
    }
}

TEST(Axis, PlacesValues) {
  EXPECT_EQ(inner_axis(0, 200, 5).at(50), 0.25);
  EXPECT_EQ(inner_axis(-100, 100, 5).at(-100), 0);
  EXPECT_NEAR(log_axis(0.01, 100).at(1), 0.5, 1e-12);
  EXPECT_NEAR(log_axis(0.01, 100).at(10), 0.75, 1e-12);
  EXPECT_LT(log_axis(7, 7).at(7), 1);  // one value has room on both sides
  EXPECT_GT(log_axis(7, 7).at(7), 0);
}

TEST(TickLabels, ShareOneUnit) {
  EXPECT_THAT(tick_labels({50000, {0, 50000, 100000}}), ElementsAre("0", "50k", "100k"));
  EXPECT_THAT(tick_labels({500000, {0, 500000, 1000000}}), ElementsAre("0", "0.5M", "1.0M"));
  EXPECT_THAT(tick_labels({250, {-500, -250, 0}}), ElementsAre("−500", "−250", "0"));
  EXPECT_THAT(tick_labels({0.25, {0, 0.25, 0.5}}), ElementsAre("0", "0.25", "0.50"));
  EXPECT_THAT(tick_labels({2e-5, {0, 2e-5, 4e-5}}), ElementsAre("0", "2e-05", "4e-05"));
}

TEST(ShortNumber, KeepsAboutThreeDigits) {
  EXPECT_EQ(short_number(0), "0");
  EXPECT_EQ(short_number(0.03125), "0.0312");
  EXPECT_EQ(short_number(4.567), "4.57");
  EXPECT_EQ(short_number(487.26), "487.3");
  EXPECT_EQ(short_number(-1234.5), "−1234");
  EXPECT_EQ(short_number(12400), "12.4k");
  EXPECT_EQ(short_number(3.2e-5), "3.2e-05");
  EXPECT_EQ(round_number(475), "475");
  EXPECT_EQ(round_number(-0.5), "−0.5");
}

}  // namespace
}  // namespace slm::axis_test
