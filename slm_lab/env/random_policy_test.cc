// The returns of a random policy agree with those that Gymnasium gave (tests/golden/returns/random.json): 100 episodes
// there, as many as a moment allows here.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "slm_lab/env/registry.h"
#include "slm_lab/spec/json.h"
#include "slm_lab/spec/reader.h"
#include "slm_lab/spec/report.h"
#include "tests/support/golden_traces.h"

namespace slm::random_policy_test {
namespace {

struct Returns {
  double mean = 0, var = 0;
};

/// Of the first episode of every row: of a fixed number of steps the fast ones would be the short ones.
Returns play_at_random(const EnvEntry& entry, int num_episodes) {
  SpecReport report("");
  const JsonNode none = parse_json("{}", "");
  SpecReader reader(&none, "", report);
  EnvConfig config;
  config.name = entry.name;
  config.kwargs = entry.read_kwargs(reader, entry.name);
  EnvStatistics unused;
  const auto env = make_env(config, num_episodes, 0.99, Streams(0, 0, 0), unused, EnvUse::evaluate);
  const Space& space = env->info().action_space;
  Observations obs;
  Matrix actions(num_episodes, space.size());
  Rng policy(std::uint64_t{0});
  env->reset(obs);
  std::vector<double> returns(static_cast<std::size_t>(num_episodes), std::nan(""));
  std::size_t num_ended = 0;
  StepResult step;
  while (num_ended < returns.size()) {
    for (Eigen::Index i = 0; i < actions.rows(); ++i)
      for (Eigen::Index j = 0; j < actions.cols(); ++j) {
        const auto at = static_cast<std::size_t>(j);
        actions(i, j) = space.is_discrete() ? static_cast<float>(policy.integers(0, space.n))
                                            : static_cast<float>(policy.uniform(space.low[at], space.high[at]));
      }
    env->step(actions, step);
    for (std::size_t i = 0; i < returns.size(); ++i) {
      const auto row = static_cast<Eigen::Index>(i);
      if (!step.episode_over[row] || !std::isnan(returns[i])) continue;
      returns[i] = step.episode_return[row];
      ++num_ended;
    }
  }
  Returns out;
  for (const double value : returns) out.mean += value / num_episodes;
  for (const double value : returns) out.var += (value - out.mean) * (value - out.mean) / num_episodes;
  return out;
}

class RandomPolicy : public testing::TestWithParam<std::string> {};

TEST_P(RandomPolicy, EarnsWhatItEarnsInGymnasium) {
  const EnvEntry& entry = *find_env(GetParam());
  if (!entry.available()) GTEST_SKIP() << entry.why;
  const auto recorded = nlohmann::json::parse(std::ifstream(golden_folder("returns") / "random.json"))[GetParam()];
  const double mean = recorded["mean"], std = recorded["std"], mean_length = recorded["mean_length"];
  const double wanted = entry.part.empty() ? 400 : 5'000 / mean_length;
  const int num_episodes = static_cast<int>(std::clamp(wanted, 5.0, 400.0));
  const Returns returns = play_at_random(entry, num_episodes);
  const double error = std::sqrt(std * std / 100 + returns.var / num_episodes);
  EXPECT_NEAR(returns.mean, mean, 3 * error) << "standard error of the difference " << error;
}

std::vector<std::string> recorded_names() {
  const auto recorded = nlohmann::json::parse(std::ifstream(golden_folder("returns") / "random.json"));
  std::vector<std::string> names;
  for (const auto& [name, statistics] : recorded.items()) names.push_back(name);
  return names;
}
INSTANTIATE_TEST_SUITE_P(Gymnasium, RandomPolicy, testing::ValuesIn(recorded_names()), [](const auto& test) {
  std::string name = test.param;
  std::erase_if(name, [](char c) { return c == '-'; });
  return name;
});

}  // namespace
}  // namespace slm::random_policy_test
