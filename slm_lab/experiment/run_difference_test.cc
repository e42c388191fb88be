#include "slm_lab/experiment/run_difference.h"

#include <gtest/gtest.h>

namespace slm::run_difference_test {
namespace {

std::vector<SessionRow> rows_of(const std::vector<double>& returns) {
  std::vector<SessionRow> rows;
  for (std::size_t i = 0; i < returns.size(); ++i) {
    rows.emplace_back().frame = 100.0 * static_cast<double>(i + 1);
    rows.back().total_reward = returns[i];
  }
  return rows;
}

constexpr double kNothing = SessionRow::kNone;

TEST(Parting, IsTheFirstLogPointWithAnotherValue) {
  const Parting part = parting_of(rows_of({1, 2, 3, 9}), rows_of({1, 2, 4, 9}));
  EXPECT_EQ(part.frame, 300);
  EXPECT_EQ(part.column, "total_reward");
  EXPECT_EQ(part.before, 3);
  EXPECT_EQ(part.after, 4);
  EXPECT_EQ(part.common, 2u);
}

TEST(Parting, AValueAndNoneAreNotTheSameButNoneTwiceIs) {
  EXPECT_EQ(parting_of(rows_of({kNothing, 1}), rows_of({kNothing, 1})).frame, std::nullopt);
  EXPECT_EQ(parting_of(rows_of({kNothing, 1}), rows_of({kNothing, kNothing})).frame, 200);
}

TEST(Parting, OneThatGoesFurtherPartsFromNone) {
  const Parting part = parting_of(rows_of({1, 2}), rows_of({1, 2, 3}));
  EXPECT_EQ(part.frame, std::nullopt);
  EXPECT_EQ(part.common, 2u);
  EXPECT_EQ(part.last_frame, 200);
}

TEST(Parting, LogPointsAtOtherFramesPartAtTheEarlier) {
  std::vector<SessionRow> later = rows_of({1, 2});
  later[1].frame = 250;
  EXPECT_EQ(parting_of(rows_of({1, 2}), later).frame, 200);
}

TEST(Parting, WhatComesFromAClockDoesNotCount) {
  std::vector<SessionRow> slower = rows_of({1, 2});
  for (SessionRow& row : slower) row.wall_t = row.fps = 77;
  EXPECT_EQ(parting_of(rows_of({1, 2}), slower).frame, std::nullopt);
}

}  // namespace
}  // namespace slm::run_difference_test
