#include "slm_lab/memory/rollout.h"

#include <gtest/gtest.h>

#include "slm_lab/base/archive.h"
#include "slm_lab/memory/episodes.h"
#include "tests/support/reread.h"

namespace slm::rollout_test {
namespace {

EnvInfo one_number_env(int num_envs, int max_episode_steps = 0) {
  EnvInfo info;
  info.name = "OneNumber";
  info.obs_space = Space::box({-1e9f}, {1e9f});
  info.action_space = Space::discrete(10);
  info.num_envs = num_envs;
  info.max_episode_steps = max_episode_steps;
  return info;
}

StepResult step_of(std::vector<float> next_obs, std::vector<float> rewards, std::vector<bool> terminated,
                   std::vector<bool> truncated) {
  const auto n = static_cast<Eigen::Index>(rewards.size());
  StepResult step;
  step.next_obs.floats() = Eigen::Map<Matrix>(next_obs.data(), n, 1);
  step.rewards = Eigen::Map<Vector>(rewards.data(), n);
  step.terminated.resize(n);
  step.truncated.resize(n);
  for (Eigen::Index i = 0; i < n; ++i) {
    step.terminated[i] = terminated[static_cast<std::size_t>(i)];
    step.truncated[i] = truncated[static_cast<std::size_t>(i)];
  }
  step.end_episodes();
  return step;
}

Matrix column(std::vector<float> values) {
  return Eigen::Map<Matrix>(values.data(), static_cast<Eigen::Index>(values.size()), 1);
}

// Two environments, three steps: the first is truncated at step 0 and restarts, the second terminates at step 1.
template <class Memory>
void fill(Memory& memory) {
  memory.add(column({1, 2}), column({0, 1}), step_of({10, 20}, {1, 2}, {false, false}, {true, false}));
  memory.add(column({3, 20}), column({2, 3}), step_of({30, 40}, {3, 4}, {false, true}, {false, false}));
  memory.add(column({30, 6}), column({4, 5}), step_of({50, 60}, {5, 6}, {false, false}, {false, true}));
}

TEST(OnPolicyBatchReplay, IsTimeMajorAndReadyAfterNumSteps) {
  OnPolicyBatchReplay memory(3, one_number_env(2));
  EXPECT_FALSE(memory.ready());
  fill(memory);
  ASSERT_TRUE(memory.ready());
  const Rollout& rollout = memory.rollout();
  EXPECT_EQ(rollout.size(), 6);
  EXPECT_EQ(Matrix(rollout.obs().floats()), (Matrix{{1}, {2}, {3}, {20}, {30}, {6}}));
  EXPECT_EQ(Matrix(rollout.actions()), (Matrix{{0}, {1}, {2}, {3}, {4}, {5}}));
  EXPECT_EQ(Matrix(rollout.rewards()), (Matrix{{1, 2}, {3, 4}, {5, 6}}));
  EXPECT_EQ(Matrix(rollout.not_terminated()), (Matrix{{1, 1}, {1, 0}, {1, 1}}));
  EXPECT_EQ(Matrix(rollout.not_ended()), (Matrix{{0, 1}, {1, 0}, {1, 0}}));
}

TEST(OnPolicyBatchReplay, KeepsFinalObservationsOfTruncatedAndOfLastRowsOnly) {
  OnPolicyBatchReplay memory(3, one_number_env(2));
  fill(memory);
  EXPECT_EQ(Matrix(memory.rollout().final_obs().floats()), (Matrix{{10}, {50}, {60}}));
}

TEST(OnPolicyBatchReplay, NextValuesFollowEpisodesNotRows) {
  OnPolicyBatchReplay memory(3, one_number_env(2));
  fill(memory);
  const Vector values = memory.rollout().obs().floats().col(0),
               final_values = memory.rollout().final_obs().floats().col(0);
  Matrix next(3, 2);
  memory.rollout().next_values(values, final_values, next);
  EXPECT_EQ(next(0, 0), 10);  // truncated: its own final observation, not the fresh start 3
  EXPECT_EQ(next(0, 1), 20);
  EXPECT_EQ(next(1, 0), 30);
  EXPECT_TRUE(std::isfinite(next(1, 1)));  // terminated: any number
  EXPECT_EQ(next(2, 0), 50);
  EXPECT_EQ(next(2, 1), 60);
}

TEST(OnPolicyBatchReplay, ClearStartsAgain) {
  OnPolicyBatchReplay memory(3, one_number_env(2));
  fill(memory);
  memory.clear();
  EXPECT_EQ(memory.rollout().size(), 0);
  EXPECT_EQ(memory.rollout().final_obs().rows(), 0);
  fill(memory);
  EXPECT_TRUE(memory.ready());
}

TEST(OnPolicyBatchReplay, RestoresAPartialRollout) {
  OnPolicyBatchReplay memory(4, one_number_env(2)), restored(4, one_number_env(2));
  fill(memory);
  Archive archive;
  memory.serialize(archive);
  Archive loaded = reread(archive);
  restored.serialize(loaded);
  EXPECT_EQ(Matrix(restored.rollout().obs().floats()), Matrix(memory.rollout().obs().floats()));
  EXPECT_EQ(Matrix(restored.rollout().final_obs().floats()), Matrix(memory.rollout().final_obs().floats()));
  EXPECT_FALSE(restored.ready());
}

// One environment: episodes of the given total rewards, each two steps long; odd ones are truncated.
void play(OnPolicyMemory& memory, const std::vector<float>& totals) {
  float obs = 0;
  for (std::size_t e = 0; e < totals.size(); ++e)
    for (int t = 0; t < 2; ++t, ++obs) {
      StepResult step = step_of({obs + 100}, {1}, {t == 1 && e % 2 == 0}, {t == 1 && e % 2 == 1});
      step.episode_return = Eigen::VectorXd::Constant(1, totals[e] * (t + 1) / 2);
      memory.add(column({obs}), column({0}), step);
    }
}

TEST(OnPolicyReplay, IsReadyAfterWholeEpisodes) {
  OnPolicyReplay memory(3, 1.0, one_number_env(1));
  play(memory, {1, 2});
  EXPECT_FALSE(memory.ready());
  memory.clear();
  play(memory, {1, 2, 3});
  ASSERT_TRUE(memory.ready());
  EXPECT_EQ(memory.rollout().num_steps(), 6);
  EXPECT_EQ(Matrix(memory.rollout().final_obs().floats()), (Matrix{{103}}));
}

TEST(OnPolicyCrossEntropy, KeepsTheBestEpisodes) {
  OnPolicyReplay memory(4, 0.5, one_number_env(1));
  play(memory, {1, 8, 2, 4});  // the median is 3: episodes 1 (rows 2, 3) and 3 (rows 6, 7) stay
  ASSERT_TRUE(memory.ready());
  EXPECT_EQ(Matrix(memory.rollout().obs().floats()), (Matrix{{2}, {3}, {6}, {7}}));
  EXPECT_EQ(Matrix(memory.rollout().final_obs().floats()), (Matrix{{103}, {107}}));
  Matrix next(4, 1);
  memory.rollout().next_values(memory.rollout().obs().floats().col(0), memory.rollout().final_obs().floats().col(0),
                               next);
  EXPECT_EQ(next, (Matrix{{3}, {103}, {7}, {107}}));
}

}  // namespace
}  // namespace slm::rollout_test
