// What Gymnasium's environments did under other options than their defaults (scripts/make_option_traces.py):
// observations, rewards and ends must come out with the same bits.
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "slm_lab/base/rng.h"
#include "slm_lab/base/sha256.h"
#include "slm_lab/env/registry.h"
#include "tests/support/golden_traces.h"

namespace slm::option_traces_test {
namespace {

using Json = nlohmann::json;

template <class Number>
std::string bytes_of(const std::vector<double>& obs) {
  std::string bytes;
  for (const double value : obs) {
    const auto number = static_cast<Number>(value);
    bytes.append(reinterpret_cast<const char*>(&number), sizeof(number));
  }
  return bytes;
}

std::string digest(const RolloutEnv& env, const std::vector<double>& obs) {
  return sha256_hex(env.obs_is_float64() ? bytes_of<double>(obs) : bytes_of<float>(obs)).substr(0, 8);
}

std::vector<double> draw_action(const Space& space, Rng& rng) {
  if (space.is_discrete()) return {static_cast<double>(rng.integers(0, space.n))};
  std::vector<double> action;
  for (std::size_t i = 0; i < space.low.size(); ++i)
    action.push_back(static_cast<float>(rng.uniform(space.low[i], space.high[i])));
  return action;
}

void replay(const Json& trace) {
  std::vector<std::string> options;
  for (const auto& [key, value] : trace["options"].items()) options.push_back(key + "=" + value.dump());
  const auto seed = trace["seed"].get<std::uint64_t>();
  const auto env = make_rollout_env(trace["env"], options, seed);
  Rng actions(seed + 1);
  std::vector<double> obs;
  env->reset(obs);
  for (std::size_t i = 0; i < trace["first_obs"].size(); ++i) ASSERT_EQ(obs[i], trace["first_obs"][i].get<double>());
  std::size_t num_resets = 0;
  ASSERT_EQ(digest(*env, obs), trace["resets"][num_resets++].get<std::string>());
  for (std::size_t t = 0; t < trace["rewards"].size(); ++t) {
    SCOPED_TRACE(t);
    const RolloutEnv::Step step = env->step(draw_action(env->info().action_space, actions), obs);
    ASSERT_EQ(digest(*env, obs), trace["obs"][t].get<std::string>());
    ASSERT_DOUBLE_EQ(step.reward, trace["rewards"][t].get<double>());  // Reacher's and Pusher's: mujoco/distance.h
    if (!step.terminated && !step.truncated) continue;
    ASSERT_EQ(t, trace["ended"].at(num_resets - 1).get<std::size_t>());
    env->reset(obs);
    ASSERT_EQ(digest(*env, obs), trace["resets"][num_resets++].get<std::string>());
  }
  EXPECT_EQ(num_resets, trace["ended"].size() + 1);
}

TEST(OptionTraces, AreGymnasiums) {
  const Json traces = Json::parse(std::ifstream(golden_folder("options.json")));
  std::string left_out;
  for (const Json& trace : traces) {
    SCOPED_TRACE(trace["env"].get<std::string>() + " " + trace["options"].dump());
    const EnvEntry& entry = *find_env(trace["env"].get<std::string>());
    if (entry.available())
      replay(trace);
    else
      left_out = entry.why;
  }
  if (!left_out.empty()) GTEST_SKIP() << left_out;
}

}  // namespace
}  // namespace slm::option_traces_test
