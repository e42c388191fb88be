#include "slm_lab/search/importance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "slm_lab/search/forest.h"

namespace slm::importance_test {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;

// Predictions 0 left of 0.5 and, right of it, 4 below 0.75 of the other dimension and 0 above:
//   mean 1.5; variance 0.375 * 2.5^2 + 0.625 * 1.5^2 = 3.75
//   first dimension: 0 and 3, variance 2.25; second: 2 on 0.75 and 0 on 0.25, variance 0.75
TEST(MainEffects, AreTheVarianceOfTheMarginalPredictions) {
  const std::vector<Leaf> leaves = {{{{0, 0.5}, {0, 1}}, 0}, {{{0.5, 1}, {0, 0.75}}, 4}, {{{0.5, 1}, {0.75, 1}}, 0}};
  EXPECT_THAT(main_effects(leaves), ElementsAre(DoubleNear(0.6, 1e-12), DoubleNear(0.2, 1e-12)));
}

// The same with three choices: 4 for the second where the number is below 0.75.
//   mean 1; variance 0.25 * 9 + 0.75 * 1 = 3; choices: 0, 3, 0, variance 2; number: 4/3 on 0.75 and 0, variance 1/3
TEST(MainEffects, AverageOverChoices) {
  const std::vector<bool> second{false, true, false}, others{true, false, true};
  const std::vector<Leaf> leaves = {
      {{{0, 1, others}, {0, 1}}, 0}, {{{0, 1, second}, {0, 0.75}}, 4}, {{{0, 1, second}, {0.75, 1}}, 0}};
  EXPECT_THAT(main_effects(leaves), ElementsAre(DoubleNear(2. / 3, 1e-12), DoubleNear(1. / 9, 1e-12)));
}

TEST(GrowTree, FillsTheSpaceAndPredictsWhatItSaw) {
  std::vector<Observation> observations;
  for (int i = 0; i < 40; ++i)
    observations.push_back(
        {{(i * 7 % 40) / 40.0, static_cast<double>(i % 3)}, static_cast<double>(i % 3 == 1 ? i : 0)});
  Rng rng(3);
  const std::vector<Leaf> leaves = grow_tree(observations, std::vector{0, 3}, rng);
  double all = 0;
  for (const Leaf& leaf : leaves) all += leaf.extents[0].size() * leaf.extents[1].size();
  EXPECT_NEAR(all, 1, 1e-12);
  int right = 0;
  for (const Observation& o : observations)
    for (const Leaf& leaf : leaves)
      right += o.at[0] >= leaf.extents[0].low && o.at[0] < leaf.extents[0].high &&
               leaf.extents[1].choices[static_cast<std::size_t>(o.at[1])] && leaf.value == o.value;
  EXPECT_GE(right, 24);  // a bootstrap sample has about 63 % of them, and the zeros are found without
}

std::vector<PastTrial> trials_of(const std::vector<SearchDimension>& space, double (*value)(const SearchPoint&),
                                 int count) {
  const auto sampler = make_sampler("random", space, 11);
  std::vector<PastTrial> trials;
  for (int trial = 0; trial < count; ++trial) {
    const SearchPoint drawn = *sampler->sample(trial, 0, {});
    trials.push_back({drawn, TrialState::complete, value(drawn)});
  }
  return trials;
}

// x + 2 y over the unit square has the variances 1/12 and 4/12.
TEST(ParameterImportance, FindsTheSharesOfALinearFunction) {
  const std::vector<SearchDimension> space(3, {"x", SearchDistribution::uniform, {0, 1}, {}});
  const auto trials = trials_of(
      space, [](const SearchPoint& p) { return p[0] + 2 * p[1]; }, 300);
  EXPECT_THAT(parameter_importance(space, trials, 0),
              ElementsAre(DoubleNear(0.2, 0.03), DoubleNear(0.8, 0.03), DoubleNear(0, 0.01)));
}

// Over the logarithm: decades of x count as much as the whole of y.
TEST(ParameterImportance, MeasuresALogarithmicDimensionByItsDecades) {
  const std::vector<SearchDimension> space = {{"x", SearchDistribution::loguniform, {1e-4, 1}, {}},
                                              {"y", SearchDistribution::uniform, {0, 1}, {}}};
  const auto trials = trials_of(
      space, [](const SearchPoint& p) { return std::log10(p[0]) / 4 + p[1]; }, 300);
  EXPECT_THAT(parameter_importance(space, trials, 0), ElementsAre(DoubleNear(0.5, 0.05), DoubleNear(0.5, 0.05)));
}

TEST(ParameterImportance, IsZeroWhereNothingIsExplained) {
  const std::vector<SearchDimension> space = {{"x", SearchDistribution::uniform, {0, 1}, {}}};
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(parameter_importance(space, {}, 0), ElementsAre(0));
  EXPECT_THAT(parameter_importance(space, std::vector<PastTrial>{{{0.5}, TrialState::complete, 1}}, 0), ElementsAre(0));
  EXPECT_THAT(parameter_importance(space,
                                   std::vector<PastTrial>{{{0.5}, TrialState::complete, 1},
                                                          {{0.7}, TrialState::complete, 1},
                                                          {{0.1}, TrialState::failed, nan},
                                                          {{0.2}, TrialState::running, 7}},
                                   0),
              ElementsAre(0));
}

}  // namespace
}  // namespace slm::importance_test
