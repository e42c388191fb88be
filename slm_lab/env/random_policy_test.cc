// The returns of a random policy agree with those that Gymnasium gave: 100 episodes there, as many as a moment allows
// here.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "slm_lab/env/registry.h"

namespace slm {
namespace {

struct RandomReturns {
  const char* name;
  EnvKwargs kwargs;
  double mean, std;  // Gymnasium 1.2, 100 episodes
  int num_episodes;  // here
};

class RandomPolicy : public testing::TestWithParam<RandomReturns> {};

TEST_P(RandomPolicy, EarnsWhatItEarnsInGymnasium) {
  const RandomReturns& expected = GetParam();
  EnvConfig config;
  config.name = expected.name;
  config.kwargs = expected.kwargs;
  EnvStatistics unused;
  const auto env = make_env(config, expected.num_episodes, 0.99, Streams(0, 0, 0), unused, EnvUse::evaluate);
  const Space& space = env->info().action_space;
  Matrix obs, actions(expected.num_episodes, 1);
  Rng policy(std::uint64_t{0});
  env->reset(obs);
  // The first episode of every row: the fast ones of a fixed number of steps would be the short ones.
  std::vector<double> returns(static_cast<std::size_t>(expected.num_episodes), std::nan(""));
  std::size_t num_ended = 0;
  StepResult step;
  while (num_ended < returns.size()) {
    for (Eigen::Index i = 0; i < actions.rows(); ++i)
      actions(i, 0) = space.is_discrete() ? static_cast<float>(policy.integers(0, space.n))
                                          : static_cast<float>(policy.uniform(space.low[0], space.high[0]));
    env->step(actions, step);
    for (std::size_t i = 0; i < returns.size(); ++i) {
      const auto row = static_cast<Eigen::Index>(i);
      if (!step.episode_over[row] || !std::isnan(returns[i])) continue;
      returns[i] = step.episode_return[row];
      ++num_ended;
    }
  }
  double mean = 0, var = 0;
  for (const double value : returns) mean += value / expected.num_episodes;
  for (const double value : returns) var += (value - mean) * (value - mean) / expected.num_episodes;
  const double error = std::sqrt(expected.std * expected.std / 100 + var / expected.num_episodes);
  EXPECT_NEAR(mean, expected.mean, 3 * error) << "standard error of the difference " << error;
}

INSTANTIATE_TEST_SUITE_P(ClassicControl, RandomPolicy,
                         testing::Values(RandomReturns{"CartPole-v1", CartPoleKwargs{}, 20.81, 8.92, 1000},
                                         RandomReturns{"Acrobot-v1", NoKwargs{}, -497.65, 16.78, 400},
                                         RandomReturns{"MountainCar-v0", MountainCarKwargs{}, -200, 0, 400},
                                         RandomReturns{"MountainCarContinuous-v0", MountainCarKwargs{}, -33.31, 0.89,
                                                       400},
                                         RandomReturns{"Pendulum-v1", PendulumKwargs{}, -1241, 293.17, 1000}));

}  // namespace
}  // namespace slm
