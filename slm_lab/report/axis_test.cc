#include "slm_lab/report/axis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slm {
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

TEST(Ticks, OfOneValueHaveRoomOnBothSides) {
  const auto values = ticks_around(500, 500, 7).values;
  EXPECT_LT(values.front(), 500);
  EXPECT_GT(values.back(), 500);
  EXPECT_THAT(ticks_around(0, 0, 7).values, testing::Contains(0));
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
}

}  // namespace
}  // namespace slm
