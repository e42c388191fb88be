#include "slm_lab/env/wrappers.h"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <optional>

#include "slm_lab/env/registry.h"
#include "tests/support/scripted_env.h"

namespace slm::wrappers_test {
namespace {

const Space kObs1 = Space::box({-100}, {100});
const Mask kNo{{false, false}};

struct Scripted {
  std::unique_ptr<ScriptedEnv> owned;
  ScriptedEnv* env;  // stays valid while the wrapper lives
};
Scripted scripted(int num_envs, Space action_space = Space::discrete(2)) {
  auto env = std::make_unique<ScriptedEnv>(num_envs, kObs1, std::move(action_space));
  env->first_obs = Matrix::Zero(num_envs, 1);
  ScriptedEnv* raw = env.get();
  return {std::move(env), raw};
}

TEST(ClipAction, BringsActionsIntoTheBounds) {
  auto [owned, env] = scripted(2, Space::box({-2, 0}, {2, 1}));
  ClipAction wrapper(std::move(owned));
  env->script(Matrix::Zero(2, 1), Matrix::Zero(2, 1), Vector::Zero(2), kNo, kNo);
  StepResult out;
  wrapper.step(Matrix{{-3, 0.5f}, {1.5f, 7}}, out);
  EXPECT_EQ(env->actions, (Matrix{{-2, 0.5f}, {1.5f, 1}}));
  EXPECT_EQ(wrapper.info().action_space.low, (std::vector<float>{-2, 0}));
}

TEST(RescaleAction, MapsTheUnitIntervalToTheBounds) {
  auto [owned, env] = scripted(2, Space::box({-2, 0}, {2, 1}));
  RescaleAction wrapper(std::move(owned));
  env->script(Matrix::Zero(2, 1), Matrix::Zero(2, 1), Vector::Zero(2), kNo, kNo);
  StepResult out;
  wrapper.step(Matrix{{-1, 0}, {0.5f, 9}}, out);
  EXPECT_EQ(env->actions, (Matrix{{-2, 0.5f}, {1, 1}}));
  EXPECT_EQ(wrapper.info().action_space.low, (std::vector<float>{-1, -1}));
  EXPECT_EQ(wrapper.info().action_space.high, (std::vector<float>{1, 1}));
}

TEST(NormalizeObs, CountsEveryObservationOnceAndUsesTheUpdatedMoments) {
  auto [owned, env] = scripted(2);
  env->first_obs = Matrix{{1}, {3}};
  RunningMoments moments;
  NormalizeObs wrapper(std::move(owned), moments, EnvUse::train, std::nullopt);
  Observations obs;
  wrapper.reset(obs);
  EXPECT_DOUBLE_EQ(moments.count(), 2.0001);
  // mean 2 and variance 1 but for the prior's 1e-4 of a sample: (1 - 2) / 1 and (3 - 2) / 1
  EXPECT_NEAR(obs.floats()(0, 0), -1, 3e-4);
  EXPECT_NEAR(obs.floats()(1, 0), 1, 3e-4);

  // Row 1 ends at 9 and starts afresh at 5: the step shows three observations, 2, 9 and 5.
  env->script(Matrix{{2}, {9}}, Matrix{{0}, {5}}, Vector::Zero(2), kNo, Mask{{false, true}});
  StepResult out;
  wrapper.step(Matrix::Zero(2, 1), out);
  EXPECT_DOUBLE_EQ(moments.count(), 5.0001);
  EXPECT_NEAR(moments.mean()[0], (1 + 3 + 2 + 9 + 5) / 5.0, 1e-3);
  EXPECT_NEAR(moments.var()[0], (9 + 1 + 4 + 25 + 1) / 5.0, 1e-3);
  const auto normal = [&](double x) {
    return static_cast<float>((x - moments.mean()[0]) / std::sqrt(moments.var()[0] + 1e-8));
  };
  EXPECT_FLOAT_EQ(out.next_obs.floats()(0, 0), normal(2));
  EXPECT_FLOAT_EQ(out.next_obs.floats()(1, 0), normal(9));
  EXPECT_FLOAT_EQ(out.obs.floats()(0, 0), normal(2));
  EXPECT_FLOAT_EQ(out.obs.floats()(1, 0), normal(5));
}

TEST(NormalizeObs, ClipsAndLeavesTheMomentsAloneWhenEvaluating) {
  auto [owned, env] = scripted(2);
  env->first_obs = Matrix{{1}, {50}};
  RunningMoments moments(1);  // mean 0, variance 1
  NormalizeObs wrapper(std::move(owned), moments, EnvUse::evaluate, 10.0);
  Observations obs;
  wrapper.reset(obs);
  EXPECT_FLOAT_EQ(obs.floats()(0, 0), 1);
  EXPECT_FLOAT_EQ(obs.floats()(1, 0), 10);
  EXPECT_DOUBLE_EQ(moments.count(), 1e-4);
}

TEST(NormalizeObs, ClipsOnBothSides) {
  EnvConfig config;
  config.name = "Pendulum-v1";
  config.kwargs = PendulumKwargs{};
  config.normalize_obs = true;
  config.clip_obs = 0.5;
  EnvStatistics statistics;
  const auto env = make_env(config, 3, 0.9, Streams(0, 0, 0), statistics, EnvUse::train);
  Observations obs;
  env->reset(obs);
  StepResult step;
  float lowest = 0, highest = 0;
  for (int t = 0; t < 100; ++t) {
    env->step(Matrix::Constant(3, 1, 0.5f), step);
    lowest = std::min(lowest, step.obs.floats().minCoeff());
    highest = std::max(highest, step.obs.floats().maxCoeff());
  }
  EXPECT_EQ(lowest, -0.5f);
  EXPECT_EQ(highest, 0.5f);
}

// What a memory makes of the raw rows right after a step is what the wrappers made of them.
TEST(KeepRaw, HoldsWhatTheWrappersOutsideScale) {
  EnvConfig config;
  config.name = "Pendulum-v1";
  config.kwargs = PendulumKwargs{};
  config.normalize_obs = config.normalize_reward = true;
  config.clip_obs = 1;
  config.reward_scale = 3.0;
  config.clip_reward = 2;
  config.frame_op = "concat";
  config.frame_op_len = 2;
  EnvStatistics statistics;
  const auto env = make_env(config, 3, 0.9, Streams(0, 0, 0), statistics, EnvUse::train);
  Scaling scaling = env->info().scaling;
  ASSERT_TRUE(scaling.active());
  Observations obs;
  std::optional<Observations> raw_before;
  env->reset(obs);
  StepResult step;
  for (int t = 0; t < 250; ++t) {  // over the end of an episode
    env->step(Matrix::Constant(3, 1, 0.5f), step);
    ASSERT_TRUE(!raw_before || step.raw.obs == *raw_before);
    raw_before = step.raw.next_obs;
    if (step.episode_over[0]) raw_before.reset();
    scaling.refresh();
    Observations scaled = step.raw.next_obs;
    scaling.scale_obs(scaled);
    ASSERT_EQ(scaled, step.next_obs);
    for (int i = 0; i < 3; ++i) {
      ASSERT_FLOAT_EQ(scaling.reward(step.raw.rewards[i]), step.rewards[i]);
      ASSERT_NEAR(scaling.limited(step.raw.rewards[i]) * scaling.scale(), step.rewards[i], 1e-5f);
    }
  }
  const auto evaluation = make_env(config, 1, 0.9, Streams(0, 0, 0), statistics, EnvUse::evaluate);
  EXPECT_FALSE(evaluation->info().scaling.active());
  config.normalize_obs = config.normalize_reward = false;
  config.clip_obs.reset();
  EXPECT_FALSE(make_env(config, 1, 0.9, Streams(0, 0, 0), statistics, EnvUse::train)->info().scaling.active());
}

TEST(NormalizeReward, RestartsTheDiscountedReturnAtEveryEpisodeEnd) {
  auto [owned, env] = scripted(2);
  RunningMoments moments(1), expected(1);
  NormalizeReward wrapper(std::move(owned), moments, /*gamma=*/0.5, EnvUse::train);
  const Matrix obs = Matrix::Zero(2, 1);
  StepResult out;
  const auto step = [&](const Vector& rewards, const Mask& terminated, const Mask& truncated) {
    env->script(obs, obs, rewards, terminated, truncated);
    wrapper.step(obs, out);
  };
  const auto scale = [&] { return std::sqrt(expected.var()[0] + 1e-8); };

  step(Vector{{2, 4}}, kNo, kNo);  // G = 2, 4
  expected.update(Eigen::VectorXd{{2, 4}});
  EXPECT_FLOAT_EQ(out.rewards[0], static_cast<float>(2 / scale()));

  step(Vector{{2, 4}}, Mask{{true, false}}, Mask{{false, true}});  // G = 0.5 * 2 + 2, 0.5 * 4 + 4; then both end
  expected.update(Eigen::VectorXd{{3, 6}});
  EXPECT_FLOAT_EQ(out.rewards[1], static_cast<float>(4 / scale()));

  step(Vector{{2, 4}}, kNo, kNo);  // G = 2, 4 again
  expected.update(Eigen::VectorXd{{2, 4}});
  EXPECT_DOUBLE_EQ(moments.mean()[0], expected.mean()[0]);
  EXPECT_DOUBLE_EQ(moments.var()[0], expected.var()[0]);
  EXPECT_EQ(out.episode_return[0], 7);  // raw, as the inner environment measured it
  EXPECT_EQ(out.episode_length[0], 3);
}

TEST(RewardWrappers, ScaleSignAndClip) {
  const Matrix obs = Matrix::Zero(3, 1);
  const Mask none{{false, false, false}};
  const Vector rewards{{-4, 0, 0.5f}};
  StepResult out;
  const auto rewards_of = [&](auto make) {
    auto [owned, env] = scripted(3);
    env->script(obs, obs, rewards, none, none);
    const std::unique_ptr<VecEnv> wrapper = make(std::move(owned));
    wrapper->step(obs, out);
    return out.rewards;
  };
  EXPECT_EQ(rewards_of([](auto env) { return std::make_unique<ScaleReward>(std::move(env), 0.5); }),
            (Vector{{-2, 0, 0.25f}}));
  EXPECT_EQ(rewards_of([](auto env) { return std::make_unique<SignReward>(std::move(env)); }), (Vector{{-1, 0, 1}}));
  EXPECT_EQ(rewards_of([](auto env) { return std::make_unique<ClipReward>(std::move(env), 1.0); }),
            (Vector{{-1, 0, 0.5f}}));
}

TEST(FallReward, ReplacesTheRewardOfAFallAndOfNothingElse) {
  auto [owned, env] = scripted(4);
  FallReward wrapper(std::move(owned), /*fall=*/-100, /*instead=*/-1);
  const Matrix obs = Matrix::Zero(4, 1);
  // A fall, an end at the goal, a step as bad as a fall that ends nothing, and one that the clock cuts.
  env->script(obs, obs, Vector{{-100, 3, -100, -100}}, Mask{{true, true, false, false}},
              Mask{{false, false, false, true}});
  StepResult out;
  wrapper.step(obs, out);
  EXPECT_EQ(out.rewards, (Vector{{-1, 3, -100, -100}}));
  EXPECT_EQ(out.episode_return[0], 7);  // raw, as the inner environment measured it
}

TEST(FrameStack, ShiftsFramesAndStartsEpisodesWithCopies) {
  auto [owned, env] = scripted(2);
  env->first_obs = Matrix{{1}, {10}};
  FrameStack wrapper(std::move(owned), FrameOp::concat, 3);
  EXPECT_EQ(wrapper.info().obs_space.shape, (std::vector<std::int64_t>{3}));
  Observations obs;
  wrapper.reset(obs);
  EXPECT_EQ(obs, (Matrix{{1, 1, 1}, {10, 10, 10}}));

  const Matrix action = Matrix::Zero(2, 1);
  StepResult out;
  env->script(Matrix{{2}, {20}}, Matrix{{0}, {50}}, Vector::Zero(2), Mask{{false, true}}, kNo);
  wrapper.step(action, out);
  EXPECT_EQ(out.next_obs, (Matrix{{1, 1, 2}, {10, 10, 20}}));
  EXPECT_EQ(out.obs, (Matrix{{1, 1, 2}, {50, 50, 50}}));

  env->script(Matrix{{3}, {60}}, Matrix::Zero(2, 1), Vector::Zero(2), kNo, kNo);
  wrapper.step(action, out);
  EXPECT_EQ(out.next_obs, (Matrix{{1, 2, 3}, {50, 50, 60}}));
  EXPECT_EQ(out.obs, out.next_obs);
}

TEST(FrameStack, JoinsBytesAsItJoinsFloats) {
  auto owned = std::make_unique<ScriptedEnv>(2, Space::bytes({1, 2}), Space::discrete(2));
  ScriptedEnv* const env = owned.get();
  env->first_obs = ByteMatrix{{1, 2}, {10, 255}};
  FrameStack wrapper(std::move(owned), FrameOp::stack, 2);
  EXPECT_TRUE(wrapper.info().obs_space.is_image());
  EXPECT_EQ(wrapper.info().obs_space.shape, (std::vector<std::int64_t>{2, 1, 2}));
  Observations obs;
  wrapper.reset(obs);
  EXPECT_EQ(obs, (ByteMatrix{{1, 2, 1, 2}, {10, 255, 10, 255}}));
  env->script(ByteMatrix{{3, 4}, {20, 0}}, ByteMatrix{{0, 0}, {50, 60}}, Vector::Zero(2), Mask{{false, true}}, kNo);
  StepResult out;
  wrapper.step(Matrix::Zero(2, 1), out);
  EXPECT_EQ(out.next_obs, (ByteMatrix{{1, 2, 3, 4}, {10, 255, 20, 0}}));
  EXPECT_EQ(out.obs, (ByteMatrix{{1, 2, 3, 4}, {50, 60, 50, 60}}));
  EXPECT_EQ(out.diverged.size(), 2) << "what the environment says of its physics passes through";
}

TEST(FrameStack, StackAddsAnAxis) {
  auto [owned, env] = scripted(1);
  const FrameStack wrapper(std::move(owned), FrameOp::stack, 4);
  EXPECT_EQ(wrapper.info().obs_space.shape, (std::vector<std::int64_t>{4, 1}));
  EXPECT_EQ(wrapper.info().obs_space.size(), 4);
}

}  // namespace
}  // namespace slm::wrappers_test
