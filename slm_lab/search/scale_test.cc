#include "slm_lab/search/scale.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <vector>

#include "slm_lab/search/search_point.h"

namespace slm::scale_test {
namespace {

using enum SearchDistribution;

SearchDimension dimension(SearchDistribution distribution, std::vector<double> args) {
  return {"x", distribution, std::move(args), {}};
}

/// The numbers at the middles of eight equal shares.
std::vector<double> eighths(SearchDistribution distribution, std::vector<double> args) {
  std::vector<double> out;
  for (int i = 0; i < 8; ++i) out.push_back(number_at(dimension(distribution, args), (i + 0.5) / 8));
  return out;
}

using testing::DoubleNear;
using testing::ElementsAre;

TEST(NumberAt, UniformIsInProportion) {
  EXPECT_THAT(eighths(uniform, {0, 16}), ElementsAre(1, 3, 5, 7, 9, 11, 13, 15));
}

TEST(NumberAt, LoguniformIsInProportionOfTheLogarithm) {
  EXPECT_NEAR(number_at(dimension(loguniform, {1e-4, 1e-2}), 0.5), 1e-3, 1e-15);
  EXPECT_NEAR(number_at(dimension(loguniform, {1e-4, 1e-2}), 0.25), std::pow(10, -3.5), 1e-15);
}

// 0, 0.5, 1, 1.5: each a quarter.
TEST(NumberAt, QuniformGivesEachNumberOfTheGridTheSameShare) {
  EXPECT_THAT(eighths(quniform, {0, 1.5, 0.5}), ElementsAre(0, 0, 0.5, 0.5, 1, 1, 1.5, 1.5));
  // high lies off the grid and is not drawn
  EXPECT_THAT(eighths(quniform, {0, 1.9, 0.5}), ElementsAre(0, 0, 0.5, 0.5, 1, 1, 1.5, 1.5));
}

TEST(NumberAt, ANumberOfAGridHasNoDigitsOfRounding) {
  EXPECT_THAT(eighths(quniform, {0.1, 0.4, 0.1}), ElementsAre(0.1, 0.1, 0.2, 0.2, 0.3, 0.3, 0.4, 0.4));
}

// The line from log 5 to log 45 (grid 10, 20, 30, 40) is 2.197 long; its cells end at log 15, 25, 35: shares
// log(15/5)/log 9 = 0.5, log(25/15)/log 9 = 0.2325, 0.1531, 0.1144.
TEST(NumberAt, QloguniformRoundsToTheGrid) {
  EXPECT_THAT(eighths(qloguniform, {10, 40, 10}), ElementsAre(10, 10, 10, 10, 20, 20, 30, 40));
  const SearchDimension d = dimension(qloguniform, {10, 40, 10});
  EXPECT_EQ(number_at(d, 0.499), 10);
  EXPECT_EQ(number_at(d, 0.501), 20);
  EXPECT_EQ(number_at(d, 0.731), 20);
  EXPECT_EQ(number_at(d, 0.734), 30);
  EXPECT_EQ(number_at(d, 0.884), 30);
  EXPECT_EQ(number_at(d, 0.887), 40);
}

TEST(NumberAt, RandintLeavesOutItsHigh) { EXPECT_THAT(eighths(randint, {3, 7}), ElementsAre(3, 3, 4, 4, 5, 5, 6, 6)); }

TEST(NumberAt, LargeIntegersKeepTheirDigits) {
  EXPECT_EQ(number_at(dimension(randint, {1e15, 1e15 + 11}), 0.5), 1e15 + 5);
  EXPECT_EQ(to_json_line(value_of(dimension(randint, {0, 1e15}), 123456789012345)), "123456789012345");
}

TEST(NumberAt, QrandintMayDrawItsHigh) {
  EXPECT_THAT(eighths(qrandint, {16, 64, 16}), ElementsAre(16, 16, 32, 32, 48, 48, 64, 64));
  EXPECT_THAT(eighths(qrandint, {0, 10, 4}), ElementsAre(0, 0, 0, 4, 4, 8, 8, 8));  // thirds
}

// 1 to 4; log(1.5/0.5)/log 9 = 0.5, log(2.5/1.5)/log 9 = 0.2325, ...
TEST(NumberAt, LograndintRoundsTheLogarithmsCells) {
  EXPECT_THAT(eighths(lograndint, {1, 5}), ElementsAre(1, 1, 1, 1, 2, 2, 3, 4));
  EXPECT_THAT(eighths(qlograndint, {10, 40, 10}), ElementsAre(10, 10, 10, 10, 20, 20, 30, 40));
}

// A step above 2 * low would end the line at or below 0: it ends at low / 2.
TEST(NumberAt, ALogarithmicGridWhoseStepIsLargeStartsAtHalfOfItsLow) {
  EXPECT_NEAR(std::exp(scale_of(dimension(qloguniform, {1, 101, 10})).low), 0.5, 1e-15);
  EXPECT_EQ(number_at(dimension(qloguniform, {1, 101, 10}), 0.001), 1);
}

TEST(NumberAt, NormalsAreMeanPlusDeviations) {
  EXPECT_NEAR(number_at(dimension(randn, {3, 2}), 0.975), 3 + 2 * 1.9599639845400545, 1e-12);
  EXPECT_NEAR(number_at(dimension(randn, {3, 2}), 0.5), 3, 1e-12);
  EXPECT_EQ(number_at(dimension(qrandn, {3, 2, 0.5}), 0.975), 7);  // 6.92 is nearer to 7 than to 6.5
  EXPECT_EQ(number_at(dimension(qrandn, {3.2, 1, 0.5}), 0.5), 3);  // multiples of the step, wherever the mean is
}

TEST(NumberAt, ChoicesAreAllAlike) {
  SearchDimension d{"x", choice, {}, {json_string("a"), json_string("b"), json_string("c")}};
  EXPECT_EQ(number_at(d, 0.33), 0);
  EXPECT_EQ(number_at(d, 0.34), 1);
  EXPECT_EQ(number_at(d, 1 - 0x1p-53), 2);
}

TEST(Scale, CountsTheNumbersOfAGrid) {
  EXPECT_EQ(scale_of(dimension(quniform, {0, 0.3, 0.1})).count(), 4);  // 0.3 / 0.1 is below 3
  EXPECT_EQ(scale_of(dimension(randint, {3, 7})).count(), 4);
  EXPECT_EQ(scale_of(dimension(uniform, {0, 1})).count(), std::nullopt);
  EXPECT_EQ(scale_of(dimension(qrandn, {0, 1, 0.5})).count(), std::nullopt);
}

TEST(Scale, TheCellsOfAGridFillItsLine) {
  for (const auto& d : {dimension(quniform, {0, 1.5, 0.5}), dimension(qloguniform, {1, 101, 10}),
                        dimension(lograndint, {1, 5}), dimension(qrandint, {0, 10, 4})}) {
    const Scale scale = scale_of(d);
    double end = scale.low;
    for (std::int64_t i = 0; i < *scale.count(); ++i) {
      const auto [from, to] = scale.cell(scale.at_index(i));
      EXPECT_NEAR(from, end, 1e-12);
      EXPECT_EQ(scale.number((from + to) / 2), scale.at_index(i));
      end = to;
    }
    EXPECT_NEAR(end, scale.high, 1e-12);
  }
}

TEST(ValueOf, IsWrittenAsASpecWouldHaveIt) {
  EXPECT_EQ(to_json_line(value_of(dimension(loguniform, {1e-5, 1}), 0.00031)), "0.00031");
  EXPECT_EQ(to_json_line(value_of(dimension(qrandint, {16, 256, 16}), 64)), "64");
  EXPECT_TRUE(value_of(dimension(quniform, {16, 256, 16}), 64).integer());
  SearchDimension d{"x", choice, {}, {json_string("a"), parse_json("[64, 64]", "f")}};
  EXPECT_EQ(to_json_line(value_of(d, 1)), "[64, 64]");
}

TEST(SearchedDimensions, AreThoseThatAreNotInert) {
  std::vector<SearchDimension> space(3, dimension(uniform, {0, 1}));
  space[1].inert = true;
  space[2].path = "y";
  const auto searched = searched_dimensions(space);
  ASSERT_EQ(searched.size(), 2u);
  EXPECT_EQ(searched[1].path, "y");
}

}  // namespace
}  // namespace slm::scale_test
