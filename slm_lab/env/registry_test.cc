#include "slm_lab/env/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <map>

#include "slm_lab/base/archive.h"
#include "slm_lab/base/error.h"
#include "slm_lab/env/missing_part.h"
#include "slm_lab/env/random_baseline.h"
#include "slm_lab/spec/json.h"
#include "slm_lab/spec/reader.h"
#include "slm_lab/spec/report.h"
#include "tests/support/gymnasium_python.h"
#include "tests/support/reread.h"

namespace slm::registry_test {
namespace {

constexpr double kGamma = 0.99;

EnvConfig config_of(std::string_view name) {
  EnvConfig config;
  config.name = name;
  SpecReport report("");
  const JsonNode none = parse_json("{}", "");
  SpecReader reader(&none, "", report);
  config.kwargs = find_env(name)->read_kwargs(reader, name);  // at their defaults
  return config;
}

/// With every wrapper that has something to remember.
EnvConfig wrapped_config_of(std::string_view name) {
  EnvConfig config = config_of(name);
  config.normalize_reward = true;
  if (!find_env(name)->spaces(config.kwargs).obs.of_bytes) {
    config.normalize_obs = true;
    config.clip_obs = 5;
  }
  config.frame_op = "concat";
  config.frame_op_len = 2;
  return config;
}

void random_actions(const Space& space, Rng& rng, Matrix& actions) {
  for (Eigen::Index i = 0; i < actions.rows(); ++i)
    for (Eigen::Index j = 0; j < actions.cols(); ++j) {
      const auto at = static_cast<std::size_t>(j);
      actions(i, j) = space.is_discrete() ? static_cast<float>(rng.integers(0, space.n))
                                          : static_cast<float>(rng.uniform(space.low[at], space.high[at]));
    }
}

/// An environment on its way, with all that belongs to it.
struct Play {
  Play(const EnvConfig& config, int num_envs, std::uint64_t seed)
      : env(make_env(config, num_envs, kGamma, Streams(seed, 0, 0), statistics, EnvUse::train)),
        actions(num_envs, env->info().action_space.size()) {
    env->reset(step.obs);
  }
  void advance(int num_steps) {
    for (int t = 0; t < num_steps; ++t) {
      random_actions(env->info().action_space, policy, actions);
      env->step(actions, step);
    }
  }
  void serialize(Archive& archive) {
    archive("statistics", statistics);
    archive("env", *env);
    archive("policy", policy);
  }

  EnvStatistics statistics;
  std::unique_ptr<VecEnv> env;
  Rng policy{std::uint64_t{99}};
  Matrix actions;
  StepResult step;
};

void expect_equal(const StepResult& a, const StepResult& b) {
  EXPECT_EQ(a.next_obs, b.next_obs);
  EXPECT_EQ(a.obs, b.obs);
  EXPECT_EQ(a.rewards, b.rewards);
  EXPECT_TRUE((a.terminated == b.terminated).all());
  EXPECT_TRUE((a.truncated == b.truncated).all());
  EXPECT_EQ(a.episode_return, b.episode_return);
  EXPECT_EQ(a.episode_length, b.episode_length);
}

class EveryEnv : public testing::TestWithParam<std::string> {
 protected:
  static const std::string& name() { return GetParam(); }
};

/// Whether every row of `obs` is finite and within the bounds.
bool is_value_of(const Space& space, const Observations& obs) {
  if (!ObservationsView(obs).fit(space)) return false;
  if (space.of_bytes) return true;
  const Eigen::Map<const Eigen::RowVectorXf> low(space.low.data(), obs.cols()), high(space.high.data(), obs.cols());
  for (const auto row : obs.floats().rowwise())
    if (!row.allFinite() || (row.array() < low.array()).any() || (row.array() > high.array()).any()) return false;
  return true;
}

bool same_row(const Observations& a, Eigen::Index i, const Observations& b, Eigen::Index j) {
  return std::equal(a.row_data(i), a.row_data(i) + a.row_bytes(), b.row_data(j), b.row_data(j) + b.row_bytes());
}

TEST_P(EveryEnv, GivesWhatItsSpacesSay) {
  Play run(config_of(name()), 3, 0);
  const EnvInfo& info = run.env->info();
  EXPECT_EQ(info.name, name());
  EXPECT_EQ(info.num_envs, 3);
  ASSERT_EQ(run.step.obs.rows(), 3);
  const int limit = find_env(name())->max_episode_steps;
  bool saw_end = false;
  for (int t = 0; t < 1100; ++t) {
    run.advance(1);
    const StepResult& step = run.step;
    ASSERT_TRUE(is_value_of(info.obs_space, step.obs) && is_value_of(info.obs_space, step.next_obs) &&
                step.rewards.allFinite());
    for (int i = 0; i < 3; ++i) {
      if (limit > 0) {
        ASSERT_LE(step.episode_length[i], limit);
      }
      ASSERT_EQ(step.truncated[i], step.episode_length[i] == limit);
      saw_end = saw_end || step.episode_over[i];
    }
  }
  EXPECT_TRUE(saw_end);
}

/// Whether the last `n` bytes of one row are the first of the other.
bool goes_on(const Observations& before, const Observations& after, Eigen::Index row, std::size_t n) {
  const std::byte* const end = before.row_data(row) + before.row_bytes();
  return std::equal(end - n, end, after.row_data(row));
}

// What a replay that keeps each frame once relies on. Normalised rewards bring the observations that were acted on.
TEST_P(EveryEnv, StacksItsFramesAsItSays) {
  EnvConfig bare = config_of(name());
  bare.normalize_reward = true;
  for (const EnvConfig& config : {bare, wrapped_config_of(name())}) {
    Play run(config, 2, 3);
    const EnvInfo& info = run.env->info();
    EXPECT_EQ(info.num_frames, env_info(config, 2).num_frames);
    EXPECT_EQ(info.num_frames > 1, config.frame_op || name().starts_with("ALE/"));
    if (info.num_frames == 1) continue;
    bool starts[] = {true, true};
    for (int t = 0; t < 1100; ++t) {
      run.advance(1);
      const RawStep& step = run.step.raw;
      const std::size_t older = step.obs.row_bytes() - step.obs.row_bytes() / static_cast<std::size_t>(info.num_frames);
      for (int i = 0; i < 2; ++i) {
        if (starts[i]) {
          ASSERT_TRUE(goes_on(step.obs, step.obs, i, older)) << "copies of the first frame";
        }
        ASSERT_TRUE(goes_on(step.obs, step.next_obs, i, older));
        starts[i] = run.step.episode_over[i];
      }
    }
  }
}

TEST_P(EveryEnv, IsAFunctionOfTheSeed) {
  Play a(config_of(name()), 2, 5), b(config_of(name()), 2, 5), other(config_of(name()), 2, 6);
  EXPECT_EQ(a.step.obs, b.step.obs);
  EXPECT_NE(a.step.obs, other.step.obs);
  EXPECT_FALSE(same_row(a.step.obs, 0, a.step.obs, 1));
  a.advance(300);
  b.advance(300);
  expect_equal(a.step, b.step);
}

TEST_P(EveryEnv, RowsAreIndependentOfEachOther) {
  EnvStatistics unused;
  const EnvConfig config = config_of(name());
  const Streams streams(5, 0, 0);
  const auto one = make_env(config, 1, kGamma, streams, unused, EnvUse::train);
  const auto three = make_env(config, 3, kGamma, streams, unused, EnvUse::train);
  Observations obs_one, obs_three;
  Matrix actions(3, one->info().action_space.size());
  one->reset(obs_one);
  three->reset(obs_three);
  StepResult step_one, step_three;
  Rng policy(std::uint64_t{1});
  for (int t = 0; t < 300; ++t) {
    random_actions(one->info().action_space, policy, actions);
    one->step(actions.topRows(1), step_one);
    three->step(actions, step_three);
    ASSERT_TRUE(same_row(step_one.obs, 0, step_three.obs, 0));
  }
}

TEST_P(EveryEnv, ContinuesFromACheckpointAsIfNothingHadHappened) {
  const EnvConfig config = wrapped_config_of(name());
  Play whole(config, 2, 7);
  whole.advance(333);  // in the middle of episodes
  Archive out;
  out("run", whole);

  Play resumed(config, 2, 123);
  Archive in = reread(out);
  in("run", resumed);
  whole.advance(300);
  resumed.advance(300);
  expect_equal(whole.step, resumed.step);
}

TEST_P(EveryEnv, EvaluationDrawsFromItsOwnStreamsAndFreezesTheStatistics) {
  EnvStatistics statistics;
  const EnvConfig config = wrapped_config_of(name());
  const Streams streams(0, 0, 0);
  const auto train = make_env(config, 1, kGamma, streams, statistics, EnvUse::train);
  const auto evaluate = make_env(config, 1, kGamma, streams, statistics, EnvUse::evaluate);
  Observations obs, eval_obs;
  Matrix actions(1, train->info().action_space.size());
  train->reset(obs);
  const double count = statistics.obs.count();
  evaluate->reset(eval_obs);
  StepResult step;
  actions.setZero();
  evaluate->step(actions, step);
  EXPECT_EQ(statistics.obs.count(), count);
  EXPECT_EQ(statistics.discounted_return.count(), RunningMoments(1).count());
  EXPECT_NE(obs, eval_obs);
}

TEST_P(EveryEnv, ReturnsStayRawUnderEveryWrapper) {
  EnvConfig wrapped = wrapped_config_of(name());
  wrapped.reward_scale = 3.0;
  wrapped.clip_reward = 0.5;
  Play raw(config_of(name()), 2, 3), under(wrapped, 2, 3);
  for (int t = 0; t < 600; ++t) {
    raw.advance(1);
    under.advance(1);
    ASSERT_EQ(raw.step.episode_return, under.step.episode_return);
    ASSERT_EQ(raw.step.episode_length, under.step.episode_length);
    ASSERT_LE(under.step.rewards.cwiseAbs().maxCoeff(), 0.5f);
  }
}

TEST_P(EveryEnv, IsDescribedWithoutBeingMade) {
  for (const EnvConfig& config : {config_of(name()), wrapped_config_of(name())}) {
    const EnvInfo described = env_info(config, 2);
    const Play run(config, 2, 0);
    EXPECT_EQ(described.obs_space.shape, run.env->info().obs_space.shape);
    EXPECT_EQ(described.obs_space.size(), run.step.obs.cols());
    EXPECT_EQ(described.action_space.low, run.env->info().action_space.low);
    EXPECT_EQ(described.max_episode_steps, run.env->info().max_episode_steps);
  }
}

/// The names of what runs here; one game for all of Atari's, and one environment for all of Python's.
std::vector<std::string> available() {
  const std::string python = gymnasium_python();
  if (!python.empty()) setenv("SLM_PYTHON", python.c_str(), 1);
  const std::map<std::string_view, std::string> families = {
      {"ALE/", "ALE/Breakout-v5"}, {"gymnasium:", python.empty() ? "" : "gymnasium:CartPole-v1"}};
  std::vector<std::string> names;
  for (const EnvEntry& entry : env_table()) {
    if (!entry.available()) continue;
    const auto family = families.find(entry.name);
    names.emplace_back(family == families.end() ? entry.name : family->second);
    if (names.back().empty()) names.pop_back();
  }
  return names;
}
INSTANTIATE_TEST_SUITE_P(Registry, EveryEnv, testing::ValuesIn(available()), [](const auto& test) {
  std::string name = test.param;
  std::erase_if(name, [](char c) { return c == '-' || c == '/' || c == ':'; });
  return name;
});

TEST(FallReward, CountsForTheLearnerButNotInTheReturn) {
  for (const std::string& name : available()) {
    if (!find_env(name)->fall_reward) continue;
    SCOPED_TRACE(name);
    EnvConfig config = config_of(name);
    config.fall_reward = -1;
    Play raw(config_of(name), 4, 3), learner(config, 4, 3);
    int num_falls = 0;
    for (int t = 0; t < 300; ++t) {
      raw.advance(1);
      learner.advance(1);
      ASSERT_EQ(raw.step.obs, learner.step.obs);
      ASSERT_EQ(raw.step.episode_return, learner.step.episode_return);
      for (int i = 0; i < 4; ++i) {
        const bool falls = raw.step.terminated[i] && raw.step.rewards[i] == -100;
        ASSERT_EQ(learner.step.rewards[i], falls ? -1 : raw.step.rewards[i]);
        num_falls += falls;
      }
    }
    EXPECT_GT(num_falls, 0);
  }
  if (!find_env("BipedalWalker-v3")->available()) GTEST_SKIP() << find_env("BipedalWalker-v3")->why;
}

TEST(EnvRegistry, EveryNameIsFoundAndDescribed) {
  for (const std::string& name : env_names()) {
    SCOPED_TRACE(name);
    ASSERT_NE(find_env(name), nullptr);
    const EnvInfo info = env_info(config_of(name), 1);
    EXPECT_EQ(info.name, name);
    EXPECT_GT(info.obs_space.size(), 0);
    const bool is_old = name.ends_with("-v4") || (find_env(name)->name == "ALE/" && name.ends_with("-v0"));
    EXPECT_TRUE(is_old || find_random_baseline(name) != nullptr)
        << "needs a row in slm_lab/env/random_baseline.cc: what `slm-lab rollout " << name << " --episodes 100` prints";
  }
  EXPECT_EQ(find_env("CartPole-v0")->max_episode_steps, 200);
  EXPECT_EQ(find_env("CartPole-v0")->reward_threshold, 195);
  EXPECT_EQ(find_env("CartPole-v2"), nullptr);
  EXPECT_EQ(find_env("ALE/"), nullptr);
  EXPECT_EQ(find_env("ALE/Nonsense-v5"), nullptr);
}

TEST(EnvRegistry, WhatIsNotThereSaysWhatItNeeds) {
  EnvStatistics statistics;
  for (const EnvEntry& entry : env_table()) {
    if (entry.available()) continue;
    const std::string name = entry.name == "ALE/" ? "ALE/Pong-v5" : std::string(entry.name);
    const std::string line = "./slm-lab setup " + std::string(entry.part);
    try {
      make_env(config_of(name), 1, kGamma, Streams(0, 0, 0), statistics, EnvUse::train);
      FAIL() << name;
    } catch (const MissingPart& error) {
      EXPECT_EQ(error.part(), entry.part);
      EXPECT_THAT(error.what(), testing::HasSubstr(line));
    } catch (const Error& error) {
      EXPECT_EQ(entry.part, "");
      EXPECT_EQ(error.code(), ExitCode::missing);
      EXPECT_THAT(error.what(), testing::HasSubstr(name + ": needs "));
    }
  }
  EXPECT_FALSE(env_info(config_of("Humanoid-v5"), 1).action_space.is_discrete());
  EXPECT_EQ(env_info(config_of("Humanoid-v5"), 1).action_space.high[0], 0.4f);
  EXPECT_EQ(env_info(config_of("ALE/Pong-v5"), 1).obs_space.shape, (std::vector<std::int64_t>{4, 84, 84}));
  EXPECT_TRUE(env_info(config_of("ALE/Pong-v5"), 1).obs_space.is_image());
}

TEST(RolloutEnv, TakesKwargsAndNamesMistakes) {
  const std::vector<std::string> sutton_barto{"sutton_barto_reward=true"};
  const auto env = make_rollout_env("CartPole-v1", sutton_barto, 0);
  std::vector<double> obs;
  env->reset(obs);
  EXPECT_EQ(env->step(std::vector<double>{1}, obs).reward, 0);

  const auto text_of = [](const std::string& name, const std::vector<std::string>& kwargs) -> std::string {
    try {
      make_rollout_env(name, kwargs, 0);
    } catch (const SpecError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_THAT(text_of("CartPole-v2", {}), testing::HasSubstr("CartPole-v1"));
  EXPECT_THAT(text_of("CartPole-v1", {"suton_barto_reward=true"}), testing::HasSubstr("sutton_barto_reward"));
  EXPECT_THAT(text_of("CartPole-v1", {"sutton_barto_reward=7"}), testing::HasSubstr("true or false"));
  EXPECT_THAT(text_of("CartPole-v1", {"nonsense"}), testing::HasSubstr("KEY=VALUE"));
  EXPECT_THAT(text_of("ALE/Pong-v5", {"frameskip=[1, 1001]"}), testing::StartsWith("--kwarg: frameskip[1] = 1001: "));
  EXPECT_THAT(text_of("LunarLander-v3", {"gravity.x=5"}), testing::StartsWith("--kwarg: gravity = "));
  EXPECT_THAT(text_of("Pendulum-v1", {"kwargs.g=1000"}), testing::StartsWith("--kwarg: kwargs.g = 1000: "));
  EXPECT_THAT(text_of("ALE/Pong-v5", {"frameskip=[1, 2"}), testing::StartsWith("--kwarg frameskip:1:"));
  EXPECT_THAT(text_of("Pendulum-v1", {R"(kwargs={"g": 1, "g": 2})"}),
              testing::AllOf(testing::StartsWith("--kwarg kwargs:1:"), testing::HasSubstr("\"g\"")));
  EXPECT_THROW(env->step(std::vector<double>{2}, obs), Error);
  EXPECT_THROW(env->step(std::vector<double>{0.5}, obs), Error);
  EXPECT_THROW(env->step(std::vector<double>{0, 0}, obs), Error);
  for (const std::string& name : available()) {
    const auto other = make_rollout_env(name, {}, 0);
    other->reset(obs);
    for (const double value : {std::nan(""), HUGE_VAL, 1e300})  // the last is none as a float
      EXPECT_THROW(
          other->step(std::vector<double>(static_cast<std::size_t>(other->info().action_space.size()), value), obs),
          Error)
          << name << " " << value;
  }
}

TEST(RandomBaseline, HasTheReferencesValues) {
  ASSERT_NE(find_random_baseline("CartPole-v1"), nullptr);
  EXPECT_EQ(find_random_baseline("CartPole-v1")->mean, 22.97);
  EXPECT_EQ(find_random_baseline("ALE/Pong-v5")->mean, -20.25);
  EXPECT_EQ(find_random_baseline("Nonsense-v0"), nullptr);
}

}  // namespace
}  // namespace slm::registry_test
