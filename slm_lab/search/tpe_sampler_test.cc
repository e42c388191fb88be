#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "slm_lab/search/sampler.h"

namespace slm::tpe_sampler_test {
namespace {

std::vector<SearchDimension> plane() {
  return {{"x", SearchDistribution::uniform, {-5, 5}, {}}, {"y", SearchDistribution::uniform, {-5, 5}, {}}};
}

double value_at(const SearchPoint& p) { return -(p[0] - 1) * (p[0] - 1) - (p[1] + 2) * (p[1] + 2); }

double best_of(const std::string& sampler, std::uint64_t seed, int num_trials) {
  const auto tpe = make_sampler(sampler, plane(), seed);
  std::vector<PastTrial> past;
  double best = -std::numeric_limits<double>::infinity();
  for (int trial = 0; trial < num_trials; ++trial) {
    const SearchPoint drawn = *tpe->sample(trial, 0, past);
    past.push_back({drawn, TrialState::complete, value_at(drawn)});
    best = std::max(best, past.back().value);
  }
  return best;
}

TEST(TpeSampler, DrawsItsFirstTenAtRandom) {
  std::vector<PastTrial> past;
  const auto tpe = make_sampler("tpe", plane(), 3), random = make_sampler("random", plane(), 3);
  for (int trial = 0; trial < 12; ++trial) {
    const bool same = tpe->sample(trial, 0, past) == random->sample(trial, 0, {});
    EXPECT_EQ(same, trial < 10) << trial;
    past.push_back({*tpe->sample(trial, 0, past), TrialState::complete, 0.1 * trial});
  }
}

TEST(TpeSampler, CountsOnlyTrialsThatHaveAValue) {
  const auto tpe = make_sampler("tpe", plane(), 3), random = make_sampler("random", plane(), 3);
  std::vector<PastTrial> past;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (int trial = 0; trial < 30; ++trial) {
    const TrialState state = trial % 3 == 0   ? TrialState::running
                             : trial % 3 == 1 ? TrialState::failed
                                              : TrialState::complete;
    past.push_back({{0, 0}, state, state == TrialState::complete && trial > 6 ? 1.0 : nan});
  }
  EXPECT_EQ(tpe->sample(30, 0, past), random->sample(30, 0, {}));  // eight have one
}

// Six good trials in one corner; the others lie on a line from the opposite corner to the middle.
TEST(TpeSampler, GoesWhereTheGoodTrialsAre) {
  for (const char* name : {"tpe", "multivariate_tpe"}) {
    const auto tpe = make_sampler(name, plane(), 0);
    std::vector<PastTrial> past;
    for (int i = 0; i < 60; ++i) {
      const bool good = i % 10 == 0;
      const double along = 0.1 * i;
      past.push_back({{good ? 3 + 0.1 * along : along - 5, good ? -3 - 0.1 * along : 5 - along},
                      TrialState::complete,
                      good ? 1.0 : 0.0});
    }
    int near = 0;
    for (int attempt = 0; attempt < 50; ++attempt) {
      const SearchPoint p = *tpe->sample(60, attempt, past);
      near += p[0] > 1.5 && p[1] < -1.5;
    }
    EXPECT_GT(near, 45) << name;  // of 50; at random 6
  }
}

// 20 searches each of 100 trials, every one against every one: U = 200 +- 37 for samplers alike; 322 once in a thousand
// times (Mann-Whitney).
TEST(TpeSampler, BeatsRandomDraws) {
  for (const char* name : {"tpe", "multivariate_tpe"}) {
    std::vector<double> random;
    for (std::uint64_t seed = 0; seed < 20; ++seed) random.push_back(best_of("random", seed, 100));
    std::ptrdiff_t wins = 0;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      const double best = best_of(name, seed, 100);
      wins += std::ranges::count_if(random, [&](double one) { return best > one; });
    }
    EXPECT_GE(wins, 322) << name;
  }
}

}  // namespace
}  // namespace slm::tpe_sampler_test
