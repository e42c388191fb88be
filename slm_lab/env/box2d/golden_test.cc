// Traces that Gymnasium itself made (tests/golden): observations, rewards and flags of every step, and the state of the
// generator after every reset, must all come out with the same bits.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "slm_lab/base/build_info.h"
#include "slm_lab/env/box2d/envs.h"
#include "tests/support/golden_arrays.h"

namespace slm::box2d_golden_test {
namespace {

using Json = nlohmann::json;

/// Gymnasium's BipedalWalker has one world for all its episodes: only the first of a trace is that of a fresh one.
enum class Compare { every_episode, first_episode };

template <class Env>
void replay(const std::string& name, const typename Env::Kwargs& kwargs, Compare compare) {
  const std::filesystem::path folder = std::filesystem::path(source_dir()) / "tests/golden" / name;
  const Json meta = Json::parse(std::ifstream(folder / "meta.json"));
  const auto indices = read_array<std::int32_t>(folder / "action.i32");
  const auto vectors = read_array<float>(folder / "action.f32");
  const auto golden_obs = read_array<float>(folder / "obs.f32");
  const auto reset_obs = read_array<float>(folder / "reset_obs.f32");
  const auto reward = read_array<double>(folder / "reward.f64");
  const auto terminated = read_array<std::uint8_t>(folder / "terminated.u8");
  const auto action_dim = static_cast<std::size_t>(Env::action_space(kwargs).size());
  std::vector<float> obs(static_cast<std::size_t>(Env::obs_space(kwargs).size()));
  for (const Json& trace : meta["traces"]) {
    SCOPED_TRACE(trace["name"]);
    Env env(kwargs);
    Rng rng(trace["seed"].get<std::uint64_t>());
    const auto& resets = trace["resets_before_step"];
    std::size_t num_resets = 0, steps = trace["steps"];
    if (compare == Compare::first_episode && resets.size() > 1) steps = resets[1];
    for (std::size_t t = 0; t < steps; ++t) {
      SCOPED_TRACE(t);
      if (num_resets < resets.size() && resets[num_resets] == t) {
        env.reset(rng);
        env.observe(obs.data());
        ASSERT_EQ(obs, row(reset_obs, trace["first_reset"].get<std::size_t>() + num_resets, obs.size()));
        const Json& generator = trace["rng_after_reset"][num_resets];
        ASSERT_TRUE(rng.state().state == from_hex(generator["state"]));
        ASSERT_EQ(rng.state().has_uint32, generator["has_uint32"] != 0);
        ++num_resets;
      }
      const std::size_t at = trace["first_step"].get<std::size_t>() + t;
      EnvStep step;
      if constexpr (kTakesIndex<Env>)
        step = env.step(indices[at], rng);
      else
        step = env.step(std::span<const float>(&vectors[at * action_dim], action_dim), rng);
      env.observe(obs.data());
      ASSERT_EQ(obs, row(golden_obs, at, obs.size()));
      ASSERT_EQ(step.reward, reward[at]);
      ASSERT_EQ(step.terminated, terminated[at] != 0);
    }
  }
}

TEST(GoldenBox2d, LunarLander) { replay<DiscreteLunarLanderEnv>("LunarLander-v3", {}, Compare::every_episode); }
TEST(GoldenBox2d, LunarLanderContinuous) {
  replay<ContinuousLunarLanderEnv>("LunarLanderContinuous-v3", {.continuous = true}, Compare::every_episode);
}
TEST(GoldenBox2d, BipedalWalkerOfAFreshWorld) {
  replay<BipedalWalkerEnv>("BipedalWalker-v3", {}, Compare::first_episode);
}
TEST(GoldenBox2d, BipedalWalkerOfOneWorld) {
  replay<LastingBipedalWalkerEnv>("BipedalWalker-v3", {}, Compare::every_episode);
}

}  // namespace
}  // namespace slm::box2d_golden_test
