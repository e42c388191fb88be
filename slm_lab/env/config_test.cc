#include "slm_lab/env/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "slm_lab/env/registry.h"
#include "slm_lab/spec/json.h"
#include "slm_lab/spec/reader.h"
#include "slm_lab/spec/report.h"

namespace slm::config_test {
namespace {

using testing::HasSubstr;

struct Reading {
  explicit Reading(const std::string& text) : report("test.json"), node(parse_json(text, "test.json")) {
    SpecReader reader(&node, "env", report);
    config = read_env_config(reader);
    for (const SpecFinding& finding : report.problems()) problems += report.line(finding) + "\n";
  }
  SpecReport report;
  JsonNode node;
  EnvConfig config;
  std::string problems;
};

TEST(EnvConfig, ReadsWhatTheReferencesSpecsSay) {
  const Reading r(R"({"name": "CartPole-v1", "num_envs": 16, "max_t": null, "max_frame": 2e5})");
  EXPECT_EQ(r.problems, "");
  EXPECT_EQ(r.config.name, "CartPole-v1");
  EXPECT_EQ(r.config.num_envs, 16);
  EXPECT_EQ(r.config.max_frame, 200000);
  EXPECT_FALSE(r.config.normalize_obs);
  EXPECT_FALSE(r.config.clip_obs);
  EXPECT_TRUE(r.report.notes().empty());
}

TEST(EnvConfig, ReadsWrappersAndKwargs) {
  const Reading r(R"({"name": "Pendulum-v1", "max_frame": 1, "g": 9.81, "normalize_obs": true, "clip_obs": 10,
                      "reward_scale": "sign", "frame_op": "concat", "frame_op_len": 3, "rescale_action": true})");
  EXPECT_EQ(r.problems, "");
  EXPECT_EQ(std::get<PendulumKwargs>(r.config.kwargs).g, 9.81);
  EXPECT_EQ(r.config.clip_obs, 10.0);
  EXPECT_EQ(std::get<std::string>(*r.config.reward_scale), "sign");
  EXPECT_EQ(env_info(r.config, 2).obs_space.size(), 9);
  EXPECT_EQ(env_info(r.config, 2).obs_space.high[0], 10);
  EXPECT_EQ(env_info(r.config, 2).action_space.high[0], 1);

  const Reading scaled(R"({"name": "Pendulum-v1", "max_frame": 1, "reward_scale": 0.1})");
  EXPECT_EQ(scaled.problems, "");
  EXPECT_EQ(std::get<double>(*scaled.config.reward_scale), 0.1);
}

TEST(EnvConfig, KwargsChangeTheSpacesOfLaterEnvironments) {
  const Reading discrete(R"({"name": "LunarLander-v3", "max_frame": 1})");
  EXPECT_EQ(env_info(discrete.config, 1).action_space.n, 4);
  const Reading continuous(R"({"name": "LunarLander-v3", "max_frame": 1, "continuous": true})");
  EXPECT_EQ(continuous.problems, "");
  EXPECT_EQ(env_info(continuous.config, 1).action_space.size(), 2);
  const Reading atari(R"({"name": "ALE/Pong-v5", "max_frame": 1e7, "life_loss_info": true, "frameskip": 4})");
  EXPECT_EQ(atari.problems, "");
}

TEST(EnvConfig, TakesArgumentsInKwargsAsGymnasiumDoes) {
  const auto read = [](const std::string& name, const std::string& members) {
    return Reading(R"({"name": ")" + name + R"(", "max_frame": 1, )" + members + "}");
  };
  const Reading pendulum = read("Pendulum-v1", R"("kwargs": {"g": 5, "render_mode": "human"})");
  EXPECT_EQ(pendulum.problems, "");
  EXPECT_EQ(std::get<PendulumKwargs>(pendulum.config.kwargs).g, 5);
  EXPECT_EQ(pendulum.report.inert_keys().at(0).path, "env.kwargs.render_mode");
  const Reading lander = read("LunarLander-v3", R"("enable_wind": true, "kwargs": {"continuous": true})");
  EXPECT_EQ(lander.problems, "");
  EXPECT_TRUE(std::get<LunarLanderKwargs>(lander.config.kwargs).enable_wind);
  EXPECT_TRUE(std::get<LunarLanderKwargs>(lander.config.kwargs).continuous);
  const Reading hopper = read("Hopper-v5", R"("kwargs": {"frame_skip": 2, "healthy_z_range": [1, null]})");
  EXPECT_EQ(hopper.problems, "");
  EXPECT_EQ(std::get<HopperKwargs>(hopper.config.kwargs).frame_skip, 2);
  EXPECT_EQ(read("Acrobot-v1", R"("kwargs": {})").problems, "");
  EXPECT_EQ(read("Acrobot-v1", R"("kwargs": null)").problems, "");

  const auto problems = [&](const std::string& members) { return read("Pendulum-v1", members).problems; };
  EXPECT_EQ(problems(R"("kwargs": {"gg": 5})"), "test.json:1:52: env.kwargs.gg: unknown key; did you mean g?\n");
  EXPECT_EQ(problems(R"("g": 1, "kwargs": {"g": 5})"),
            "test.json:1:65: env.kwargs.g = 5: env.g is given too; expected one of the two\n");
  EXPECT_THAT(problems(R"("kwargs": {"g": 1e4})"), HasSubstr("env.kwargs.g = 1e4: expected a number in [-100, 100]"));
  EXPECT_THAT(problems(R"("kwargs": [5])"), HasSubstr("env.kwargs = [5]: expected an object"));
  EXPECT_THAT(problems(R"("kwargs": {"num_envs": 4})"), HasSubstr("belongs under env"));
  EXPECT_THAT(read("ALE/Pong-v5", R"("kwargs": {"mode": 99})").problems,
              HasSubstr("env.kwargs.mode = 99: expected one of"));
}

TEST(EnvConfig, WindMayBeStrongerThanGymnasiumRecommends) {
  const Reading r(R"({"name": "LunarLander-v3", "max_frame": 1, "wind_power": 30, "turbulence_power": -1})");
  EXPECT_EQ(r.problems, "");
  EXPECT_EQ(std::get<LunarLanderKwargs>(r.config.kwargs).wind_power, 30);
  EXPECT_EQ(std::get<LunarLanderKwargs>(r.config.kwargs).turbulence_power, -1);
  ASSERT_EQ(r.report.notes().size(), 2u);
  EXPECT_THAT(r.report.line(r.report.notes()[0]),
              HasSubstr("env.wind_power = 30: Gymnasium recommends a number in [0, 20]"));
  EXPECT_TRUE(Reading(R"({"name": "LunarLander-v3", "max_frame": 1, "wind_power": 20})").report.notes().empty());
}

TEST(EnvConfig, SaysThatNoFrameskipIsOneFrameAStep) {
  const auto notes = [](const char* keys) {
    const Reading reading(std::string(R"({"max_frame": 1, "name": ")") + keys + "}");
    std::string text;
    for (const SpecFinding& finding : reading.report.notes()) text += reading.report.line(finding) + "\n";
    return text;
  };
  EXPECT_THAT(notes(R"(PongNoFrameskip-v4")"), HasSubstr("frame skip of 4"));
  EXPECT_EQ(notes(R"(PongNoFrameskip-v4", "frameskip": 4)"), "");
  EXPECT_EQ(notes(R"(ALE/Pong-v5", "frameskip": 1)"), "");
}

TEST(EnvConfig, NamesMistakesAndTheNearestLegalThing) {
  EXPECT_THAT(Reading(R"({"name": "CartPole-v2", "max_frame": 1})").problems, HasSubstr("CartPole-v1"));
  EXPECT_THAT(Reading(R"({"name": "CartPole-v1", "max_frame": 1, "gg": 1})").problems, HasSubstr("env.gg"));
  EXPECT_THAT(Reading(R"({"name": "Pendulum-v1", "max_frame": 1, "normalise_obs": true})").problems,
              HasSubstr("normalize_obs"));
  EXPECT_THAT(Reading(R"({"name": "ALE/Pong-v5", "max_frame": 1, "normalize_obs": true})").problems,
              HasSubstr("normalize_obs = true: the observations are bytes"));
  EXPECT_THAT(Reading(R"({"name": "Pendulum-v1"})").problems, HasSubstr("max_frame"));
  EXPECT_THAT(Reading(R"({"name": "Pendulum-v1", "max_frame": 1, "num_envs": 0})").problems, HasSubstr("num_envs"));
  EXPECT_THAT(Reading(R"({"name": "Pendulum-v1", "max_frame": 1, "reward_scale": "sing"})").problems,
              HasSubstr("sign"));
  EXPECT_THAT(Reading(R"({"name": "Pendulum-v1", "max_frame": 1, "clip_obs": 10})").problems,
              HasSubstr("normalize_obs"));
  EXPECT_THAT(Reading(R"({"name": "Pendulum-v1", "max_frame": 1, "frame_op_len": 4})").problems, HasSubstr("frame_op"));
}

TEST(EnvConfig, OnlyWalkersThatFallHaveARewardForIt) {
  for (const char* name : {"BipedalWalker-v3", "BipedalWalkerHardcore-v3"}) {
    const std::string start = std::string(R"({"name": ")") + name + R"(", "max_frame": 1, "fall_reward": )";
    const Reading r(start + "-1}");
    EXPECT_EQ(r.problems, "");
    EXPECT_EQ(r.config.fall_reward, -1.0);
    EXPECT_EQ(Reading(start + "0}").config.fall_reward, 0.0);
    EXPECT_FALSE(Reading(start + "null}").config.fall_reward);
    for (const char* value : {"true", "\"-1\"", "[-1]", "1e10", "-1e10"})
      EXPECT_THAT(Reading(start + value + "}").problems, HasSubstr("env.fall_reward")) << value;
  }
  EXPECT_THAT(Reading(R"({"name": "LunarLander-v3", "max_frame": 1, "fall_reward": -1})").problems,
              HasSubstr("env.fall_reward"));
}

TEST(EnvConfig, RemovedKeysSayWhatToUseInstead) {
  const Reading r(R"({"name": "Pendulum-v1", "max_frame": 1, "normalize_state": true})");
  EXPECT_THAT(r.problems, HasSubstr("use normalize_obs"));
  EXPECT_EQ(r.report.problems().size(), 1u);
}

TEST(EnvConfig, AStepLimitIsNotedAsWithoutEffect) {
  const Reading r(R"({"name": "Pendulum-v1", "max_frame": 1, "max_t": 500, "render_mode": "human"})");
  EXPECT_EQ(r.problems, "");
  ASSERT_EQ(r.report.notes().size(), 1u);
  EXPECT_EQ(r.report.notes()[0].path, "env.max_t");
  ASSERT_EQ(r.report.inert_keys().size(), 1u);
  EXPECT_EQ(r.report.inert_keys()[0].path, "env.render_mode");
}

}  // namespace
}  // namespace slm::config_test
