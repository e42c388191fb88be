// Traces that Gymnasium itself made (tests/golden): states, observations, rewards and flags of every step, and the
// state of the generator after every reset, must all come out with the same bits.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "slm_lab/base/build_info.h"
#include "slm_lab/env/classic_control/acrobot.h"
#include "slm_lab/env/classic_control/cartpole.h"
#include "slm_lab/env/classic_control/mountain_car.h"
#include "slm_lab/env/classic_control/mountain_car_continuous.h"
#include "slm_lab/env/classic_control/pendulum.h"
#include "slm_lab/env/registry.h"
#include "tests/support/golden_arrays.h"

namespace slm::classic_control_golden_test {
namespace {

using Json = nlohmann::json;

template <class Env>
struct Golden {
  explicit Golden(const std::string& name) : folder(std::filesystem::path(source_dir()) / "tests/golden" / name) {
    std::ifstream in(folder / "meta.json");
    in >> meta;
    if (kTakesIndex<Env>) {
      for (const std::int32_t action : read_array<std::int32_t>(folder / "action.i32"))
        actions.push_back(static_cast<float>(action));
    } else {
      actions = read_array<float>(folder / "action.f32");
    }
    obs = read_array<float>(folder / "obs.f32");
    reset_obs = read_array<float>(folder / "reset_obs.f32");
    state = read_array<double>(folder / "state.f64");
    reset_state = read_array<double>(folder / "reset_state.f64");
    reward = read_array<double>(folder / "reward.f64");
    terminated = read_array<std::uint8_t>(folder / "terminated.u8");
  }

  std::filesystem::path folder;
  Json meta;
  std::vector<float> actions, obs, reset_obs;
  std::vector<double> state, reset_state, reward;
  std::vector<std::uint8_t> terminated;
};

template <class Env>
void replay(const std::string& name) {
  const Golden<Env> golden(name);
  ASSERT_FALSE(golden.actions.empty());
  const auto obs_dim = static_cast<std::size_t>(Env::obs_space({}).size());
  std::vector<float> obs(obs_dim);
  for (const Json& trace : golden.meta["traces"]) {
    SCOPED_TRACE(trace["name"]);
    Env env{typename Env::Kwargs{}};
    Rng rng(trace["seed"].get<std::uint64_t>());
    const auto& resets = trace["resets_before_step"];
    std::size_t num_resets = 0;
    for (std::size_t t = 0; t < trace["steps"]; ++t) {
      SCOPED_TRACE(t);
      if (num_resets < resets.size() && resets[num_resets] == t) {
        env.reset(rng);
        env.observe(obs.data());
        const std::size_t at = trace["first_reset"].get<std::size_t>() + num_resets;
        const std::vector<double> state(env.state().begin(), env.state().end());
        ASSERT_EQ(state, row(golden.reset_state, at, state.size()));
        ASSERT_EQ(obs, row(golden.reset_obs, at, obs_dim));
        const Json& generator = trace["rng_after_reset"][num_resets];
        ASSERT_TRUE(rng.state().state == from_hex(generator["state"]));
        ASSERT_TRUE(rng.state().inc == from_hex(generator["inc"]));
        ++num_resets;
      }
      const std::size_t at = trace["first_step"].get<std::size_t>() + t;
      EnvStep step;
      if constexpr (kTakesIndex<Env>)
        step = env.step(static_cast<int>(golden.actions[at]));
      else
        step = env.step(std::span<const float>(&golden.actions[at], 1));
      env.observe(obs.data());
      const std::vector<double> state(env.state().begin(), env.state().end());
      ASSERT_EQ(state, row(golden.state, at, state.size()));
      ASSERT_EQ(obs, row(golden.obs, at, obs_dim));
      ASSERT_EQ(step.reward, golden.reward[at]);
      ASSERT_EQ(step.terminated, golden.terminated[at] != 0);
    }
    EXPECT_EQ(num_resets, resets.size());
  }
}

/// The same trace through the environment that `slm-lab rollout` uses, with the time limit's flag.
void follow_rollout(const std::string& name) {
  const std::filesystem::path folder = std::filesystem::path(source_dir()) / "tests/golden" / name;
  const Json meta = Json::parse(std::ifstream(folder / "meta.json"));
  const bool discrete = meta["action_space"]["type"] == "Discrete";
  const auto indices = read_array<std::int32_t>(folder / "action.i32");
  const auto vectors = read_array<float>(folder / "action.f32");
  const auto golden_obs = read_array<float>(folder / "obs.f32");
  const auto reward = read_array<double>(folder / "reward.f64");
  const auto truncated = read_array<std::uint8_t>(folder / "truncated.u8");
  for (const Json& trace : meta["traces"]) {
    SCOPED_TRACE(trace["name"]);
    const auto env = make_rollout_env(name, {}, trace["seed"].get<std::uint64_t>());
    std::vector<double> obs;
    env->reset(obs);
    for (std::size_t t = 0; t < trace["steps"]; ++t) {
      SCOPED_TRACE(t);
      const std::size_t at = trace["first_step"].get<std::size_t>() + t;
      const std::vector<double> action{discrete ? static_cast<double>(indices[at]) : static_cast<double>(vectors[at])};
      const RolloutEnv::Step step = env->step(action, obs);
      const std::vector<float> golden_row = row(golden_obs, at, obs.size());
      ASSERT_EQ(obs, std::vector<double>(golden_row.begin(), golden_row.end()));
      ASSERT_EQ(step.reward, reward[at]);
      ASSERT_EQ(step.truncated, truncated[at] != 0);
      if (step.terminated || step.truncated) env->reset(obs);
    }
  }
}

void expect_space(const Space& space, const Json& json) {
  if (json["type"] == "Discrete") {
    EXPECT_TRUE(space.is_discrete());
    EXPECT_EQ(space.n, json["n"]);
    return;
  }
  const auto bound = [](const Json& value) {
    if (value.is_number()) return value.get<float>();
    return value == "inf" ? std::numeric_limits<float>::infinity() : -std::numeric_limits<float>::infinity();
  };
  ASSERT_EQ(space.shape, json["shape"].get<std::vector<std::int64_t>>());
  for (std::size_t i = 0; i < space.low.size(); ++i) {
    EXPECT_EQ(space.low[i], bound(json["low"][i]));
    EXPECT_EQ(space.high[i], bound(json["high"][i]));
  }
}

template <class Env>
void compare_spaces(const std::string& name) {
  const Golden<Env> golden(name);
  expect_space(Env::obs_space({}), golden.meta["observation_space"]);
  expect_space(Env::action_space({}), golden.meta["action_space"]);
}

TEST(Golden, CartPole) { replay<CartPole>("CartPole-v1"); }
TEST(Golden, Acrobot) { replay<Acrobot>("Acrobot-v1"); }
TEST(Golden, MountainCar) { replay<MountainCar>("MountainCar-v0"); }
TEST(Golden, MountainCarContinuous) { replay<MountainCarContinuous>("MountainCarContinuous-v0"); }
TEST(Golden, Pendulum) { replay<Pendulum>("Pendulum-v1"); }

TEST(Golden, RolloutEnvFollowsEveryTrace) {
  for (const char* name : {"CartPole-v1", "Acrobot-v1", "MountainCar-v0", "MountainCarContinuous-v0", "Pendulum-v1"}) {
    SCOPED_TRACE(name);
    follow_rollout(name);
  }
}

TEST(Golden, Spaces) {
  compare_spaces<CartPole>("CartPole-v1");
  compare_spaces<Acrobot>("Acrobot-v1");
  compare_spaces<MountainCar>("MountainCar-v0");
  compare_spaces<MountainCarContinuous>("MountainCarContinuous-v0");
  compare_spaces<Pendulum>("Pendulum-v1");
}

}  // namespace
}  // namespace slm::classic_control_golden_test
