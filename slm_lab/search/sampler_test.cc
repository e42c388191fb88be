// What every sampler keeps to, and what those do that have no test file of their own.
#include "slm_lab/search/sampler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "slm_lab/base/error.h"
#include "slm_lab/search/scale.h"
#include "slm_lab/spec/meta.h"

namespace slm::sampler_test {
namespace {

using enum SearchDistribution;
using testing::ElementsAre;
using testing::HasSubstr;

const double kNan = std::numeric_limits<double>::quiet_NaN();

SearchDimension dimension(SearchDistribution distribution, std::vector<double> args) {
  return {"x", distribution, std::move(args), {}};
}
SearchDimension choices(int count) { return {"c", choice, {}, std::vector<JsonNode>(static_cast<std::size_t>(count))}; }

std::vector<SearchDimension> grid_space() { return {choices(3), dimension(qrandint, {0, 4, 2})}; }
std::vector<SearchDimension> every_distribution() {
  return {choices(3),
          dimension(uniform, {-1, 2}),
          dimension(quniform, {0, 1, 0.25}),
          dimension(loguniform, {1e-5, 1}),
          dimension(qloguniform, {1, 101, 10}),
          dimension(randint, {0, 5}),
          dimension(qrandint, {16, 64, 16}),
          dimension(lograndint, {1, 100}),
          dimension(qlograndint, {10, 40, 10}),
          dimension(randn, {0, 1}),
          dimension(qrandn, {0, 1, 0.5})};
}

bool legal(const SearchDimension& d, double number) {
  if (d.distribution == choice)
    return number >= 0 && number < static_cast<double>(d.choices.size()) && number == std::floor(number);
  const Scale scale = scale_of(d);
  return number >= scale.first && number <= scale.last &&
         (scale.step == 0 || number == scale.number(scale.place(number)));
}

/// A search whose trials are worth the sum of their parameters.
std::vector<PastTrial> searched(const Sampler& sampler, int num_trials) {
  std::vector<PastTrial> past;
  for (int trial = 0; trial < num_trials; ++trial) {
    const auto drawn = sampler.sample(trial, 0, past);
    if (!drawn) break;
    double sum = 0;
    for (const double number : *drawn) sum += number;
    past.push_back({*drawn, trial % 7 == 3 ? TrialState::failed : TrialState::complete, trial % 7 == 3 ? kNan : sum});
  }
  return past;
}

class EverySampler : public testing::TestWithParam<const char*> {
 protected:
  std::vector<SearchDimension> space() const {
    return GetParam() == std::string("grid") ? grid_space() : every_distribution();
  }
  int num_trials() const { return GetParam() == std::string("grid") ? 9 : 60; }
};
INSTANTIATE_TEST_SUITE_P(Samplers, EverySampler, testing::ValuesIn(kSearchSamplers),
                         [](const auto& row) { return std::string(row.param); });

TEST_P(EverySampler, DrawsLegalNumbers) {
  const auto past = searched(*make_sampler(GetParam(), space(), 1), num_trials());
  ASSERT_EQ(past.size(), static_cast<std::size_t>(num_trials()));
  for (const PastTrial& trial : past) {
    ASSERT_EQ(trial.parameters.size(), space().size());
    for (std::size_t d = 0; d < space().size(); ++d)
      EXPECT_TRUE(legal(space()[d], trial.parameters[d])) << to_string(space()[d].distribution) << trial.parameters[d];
  }
}

TEST_P(EverySampler, DependsOnNothingButItsArguments) {
  const auto past = searched(*make_sampler(GetParam(), space(), 1), num_trials());
  const auto sampler = make_sampler(GetParam(), space(), 1);  // asked backwards
  for (int trial = num_trials() - 1; trial >= 0; --trial)
    EXPECT_EQ(sampler->sample(trial, 0, std::span(past).first(static_cast<std::size_t>(trial))),
              past[static_cast<std::size_t>(trial)].parameters);
}

TEST_P(EverySampler, DrawsAnewForEveryAttempt) {
  const auto sampler = make_sampler(GetParam(), space(), 1);
  const auto past = searched(*sampler, num_trials() / 2);
  std::set<SearchPoint> drawn;
  for (int attempt = 0; attempt < 4; ++attempt)
    drawn.insert(sampler->sample(static_cast<int>(past.size()), attempt, past).value());
  EXPECT_EQ(drawn.size(), 4u);
}

TEST_P(EverySampler, SaysWhetherThePastMatters) {
  const auto sampler = make_sampler(GetParam(), space(), 1);
  const std::vector<PastTrial> past = searched(*sampler, num_trials() - 1);
  const int next = static_cast<int>(past.size());
  EXPECT_EQ(sampler->sample(next, 0, past) != sampler->sample(next, 0, {}), sampler->reads_past());
}

TEST_P(EverySampler, LeavesOutInertDimensions) {
  auto with_inert = space();
  with_inert.insert(with_inert.begin(), dimension(quniform, {0, 1, 0.5}));
  with_inert[0].inert = true;
  EXPECT_EQ(make_sampler(GetParam(), with_inert, 1)->sample(0, 0, {}),
            make_sampler(GetParam(), space(), 1)->sample(0, 0, {}));
}

TEST_P(EverySampler, OnlyTheGridIsTheSameForEverySeed) {
  EXPECT_EQ(
      make_sampler(GetParam(), space(), 1)->sample(0, 0, {}) == make_sampler(GetParam(), space(), 2)->sample(0, 0, {}),
      GetParam() == std::string("grid"));
}

TEST(GridSampler, GivesEveryCombinationOnceTheLastDimensionTurningFastest) {
  const auto sampler = make_sampler("grid", grid_space(), 0);
  std::vector<SearchPoint> drawn;
  for (const PastTrial& trial : searched(*sampler, 100)) drawn.push_back(trial.parameters);
  EXPECT_THAT(drawn,
              ElementsAre(ElementsAre(0, 0), ElementsAre(0, 2), ElementsAre(0, 4), ElementsAre(1, 0), ElementsAre(1, 2),
                          ElementsAre(1, 4), ElementsAre(2, 0), ElementsAre(2, 2), ElementsAre(2, 4)));
}

TEST(GridSampler, PassesOverWhatIsNotLegalAndEnds) {
  const auto sampler = make_sampler("grid", {choices(2)}, 0);
  const std::vector<PastTrial> past{{{1.0}, TrialState::running, kNan}};
  EXPECT_THAT(sampler->sample(1, 0, past).value(), ElementsAre(0));
  EXPECT_EQ(sampler->sample(1, 1, past), std::nullopt);
}

TEST(GridSampler, RefusesRealNumbers) {
  try {
    make_sampler("grid", {dimension(uniform, {0, 1})}, 0);
    FAIL();
  } catch (const SpecError& error) {
    EXPECT_THAT(error.what(), HasSubstr("search.x__uniform: a grid cannot list real numbers"));
    EXPECT_THAT(error.what(), HasSubstr("__choice"));
  }
  EXPECT_THROW(make_sampler("grid", {dimension(randint, {0, 100000})}, 0), SpecError);
}

// 1,000 draws; the Kolmogorov-Smirnov statistic stays below 1.95 / sqrt(1000) with a chance of 0.999. One seed: no
// luck.
TEST(RandomSampler, DrawsTheDistribution) {
  const auto sampler = make_sampler("random", {dimension(loguniform, {1e-4, 1})}, 5);
  std::vector<double> shares;
  for (int trial = 0; trial < 1000; ++trial) shares.push_back(1 + std::log10((*sampler->sample(trial, 0, {}))[0]) / 4);
  std::ranges::sort(shares);
  double furthest = 0;
  for (std::size_t i = 0; i < shares.size(); ++i)
    furthest = std::max(furthest, std::abs(shares[i] - (static_cast<double>(i) + 0.5) / 1000));
  EXPECT_LT(furthest, 1.95 / std::sqrt(1000));
}

// 16 points of a (0, 4, 2)-net: one in every cell of every 2^a by 2^b division with a + b = 4, with any digital shift.
TEST(SobolSampler, FillsTheSpaceEvenly) {
  for (const std::uint64_t seed : {0u, 1u, 2u}) {
    const auto sampler = make_sampler("sobol", {dimension(uniform, {0, 1}), dimension(uniform, {0, 1})}, seed);
    for (int a = 0; a <= 4; ++a) {
      std::set<std::pair<int, int>> cells;
      for (int trial = 0; trial < 16; ++trial) {
        const SearchPoint p = *sampler->sample(trial, 0, {});
        cells.emplace(static_cast<int>(p[0] * (1 << a)), static_cast<int>(p[1] * (1 << (4 - a))));
      }
      EXPECT_EQ(cells.size(), 16u) << "2^" << a << " columns, seed " << seed;
    }
  }
}

TEST(SobolSampler, DrawsDimensionsBeyondItsTableAtRandom) {
  const auto sampler = make_sampler("sobol", std::vector(30, dimension(uniform, {0, 1})), 0);
  EXPECT_EQ(sampler->sample(3, 0, {})->size(), 30u);
  EXPECT_NE((*sampler->sample(3, 0, {}))[29], (*sampler->sample(4, 0, {}))[29]);
}

}  // namespace
}  // namespace slm::sampler_test
