#include "slm_lab/search/narrow.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace slm::narrow_test {
namespace {

using enum SearchDistribution;
using testing::DoubleEq;
using testing::ElementsAre;

SearchDimension dimension(SearchDistribution distribution, std::vector<double> args) {
  return {.path = "a", .distribution = distribution, .args = std::move(args), .choices = {}};
}
SearchDimension choices(const std::string& list) {
  return {.path = "a", .distribution = choice, .args = {}, .choices = parse_json(list, "").elements};
}
std::vector<double> args(const SearchDimension& around, std::vector<double> winners) {
  return narrowed(around, winners).args;
}

TEST(Narrowed, ReachesHalfAsFarAgainAsTheWinners) {
  EXPECT_THAT(args(dimension(uniform, {0, 10}), {4, 6, 5}), ElementsAre(3, 7));  // 4 and 6, and 1 on each side
  EXPECT_THAT(args(dimension(uniform, {0, 10}), {5}), ElementsAre(4, 6));        // a tenth of 10 at least
  EXPECT_THAT(args(dimension(uniform, {0, 10}), {0.5, 9}), ElementsAre(0, 10));  // its own ends
}

TEST(Narrowed, CountsDecadesWhereTheDimensionDoes) {
  // From 1e-4 to 1e-2 there are two decades: a tenth of them is 10^0.2; from 1e-4 to 1e-3 half of one is 10^0.5.
  EXPECT_THAT(args(dimension(loguniform, {1e-4, 1e-2}), {1e-3}),
              ElementsAre(DoubleEq(6.3095734448019e-4), DoubleEq(1.5848931924611e-3)));
  EXPECT_THAT(args(dimension(loguniform, {1e-4, 1e-2}), {1e-4, 1e-3}), ElementsAre(1e-4, DoubleEq(3.1622776601684e-3)));
}

TEST(Narrowed, StaysOnTheGrid) {
  EXPECT_THAT(args(dimension(quniform, {0, 1, 0.25}), {0.5}), ElementsAre(0.5, 0.75, 0.25));
  EXPECT_THAT(args(dimension(randint, {0, 100}), {40, 60}), ElementsAre(30, 71));  // 71 itself is not drawn
  EXPECT_THAT(args(dimension(randint, {0, 3}), {1}), ElementsAre(1, 2));
  EXPECT_THAT(args(dimension(qrandint, {32, 128, 32}), {128}), ElementsAre(128, 160, 32));
}

TEST(Narrowed, KeepsTheChoicesThatWonAndTheMiddleOfABell) {
  EXPECT_EQ(to_json_line(search_block(
                std::vector{narrowed(choices(R"(["relu", [1, 2], "tanh"])"), std::vector<double>{1, 0, 1})})),
            R"({"a__choice": ["relu", [1, 2]]})");
  EXPECT_THAT(args(dimension(randn, {0, 2}), {1, 3}), ElementsAre(2, 1));
  EXPECT_THAT(args(dimension(randn, {0, 2}), {1}), ElementsAre(1, 0.2));
  EXPECT_THAT(args(dimension(qrandn, {0, 1, 0.5}), {-5, 5}), ElementsAre(0, 1, 0.5));
}

TEST(NumberOfSameValue, IsThatOfTheOtherSpaceWhereItIsDrawn) {
  const auto same = [](const SearchDimension& to, const SearchDimension& from, double number) {
    return number_of_same_value(to, from, number).value_or(NAN);
  };
  const SearchDimension wide = dimension(uniform, {0, 10});
  EXPECT_EQ(same(dimension(loguniform, {1, 10}), wide, 2.5), 2.5);
  EXPECT_TRUE(std::isnan(same(dimension(uniform, {0, 1}), wide, 2.5)));
  EXPECT_EQ(same(dimension(quniform, {0.1, 0.7, 0.2}), wide, 0.5), 0.5);
  EXPECT_TRUE(std::isnan(same(dimension(quniform, {0.1, 0.7, 0.2}), wide, 0.4)));
  EXPECT_TRUE(std::isnan(same(dimension(randint, {0, 3}), wide, 3)));
  EXPECT_EQ(same(choices(R"([[1], "x", 2.0])"), choices(R"(["x", 2])"), 0), 1);
  EXPECT_EQ(same(choices(R"([[1], "x", 2.0])"), choices(R"(["x", 2])"), 1), 2);
  EXPECT_EQ(same(choices("[1, 3]"), dimension(randint, {0, 9}), 3), 1);
  EXPECT_TRUE(std::isnan(same(wide, choices(R"(["x"])"), 0)));
}

}  // namespace
}  // namespace slm::narrow_test
