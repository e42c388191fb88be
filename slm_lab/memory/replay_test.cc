#include "slm_lab/memory/replay.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <set>

#include "slm_lab/base/archive.h"
#include "slm_lab/env/running_moments.h"
#include "tests/support/reread.h"

namespace slm::replay_test {
namespace {

// ---- SumTree

std::int64_t item_at(const SumTree& tree, double point) {
  std::int64_t item = -1;
  tree.find({&point, 1}, {&item, 1});
  return item;
}

TEST(SumTree, FindsTheItemAtEveryPoint) {
  SumTree tree(20);
  tree.set(3, 1.0);
  tree.set(4, 2.0);
  tree.set(19, 0.5);
  EXPECT_EQ(tree.total(), 3.5);
  // rounding may reach the total itself
  std::vector<double> points{0.0, 0.999, 1.0, 2.999, 3.0, 3.5};
  std::vector<std::int64_t> items(points.size());
  tree.find(points, items);
  EXPECT_EQ(items, (std::vector<std::int64_t>{3, 3, 4, 4, 19, 19}));
  tree.set(4, 0);
  EXPECT_EQ(tree.total(), 1.5);
  EXPECT_EQ(item_at(tree, 1.0), 19);
}

TEST(SumTree, HoldsMoreThanOneLevelAndRebuilds) {
  for (const int size : {1, 8, 9, 1000}) {
    SumTree tree(size);
    for (int i = 0; i < size; ++i) tree.set(i, i % 7);
    double sum = 0;
    for (int i = 0; i < size; ++i) {
      if (i % 7 == 0) continue;
      EXPECT_EQ(item_at(tree, sum), i);
      sum += i % 7;
    }
    EXPECT_EQ(tree.total(), sum);
    // The same, all at once, some of them twice.
    SumTree at_once(size);
    std::vector<std::int64_t> items;
    std::vector<double> weights;
    for (int i = 0; i < 2 * size; ++i) {
      items.push_back(i % size);
      weights.push_back(i < size ? 3 : i % size % 7);
    }
    at_once.set(items, weights);
    EXPECT_EQ(at_once.total(), sum);
    at_once.set(0, 5);
    EXPECT_EQ(at_once.total(), sum + 5);
    SumTree copy(size);
    Archive saved;
    tree.serialize(saved);
    Archive loaded = saved.reopened();
    copy.serialize(loaded);
    EXPECT_EQ(copy.total(), sum);
  }
}

// ---- RowSampler

ReplayConfig replay_config(std::string name, int batch_size, std::int64_t max_size) {
  ReplayConfig c;
  c.name = std::move(name);
  c.batch_size = batch_size;
  c.max_size = max_size;
  return c;
}

TEST(RowSampler, DrawsByPriority) {
  ReplayConfig config = replay_config("PrioritizedReplay", 4, 4);
  config.alpha = 0.5;
  config.epsilon = 1e-6;
  for (const bool stratified : {false, true}) {
    config.stratified = stratified;
    RowSampler sampler(config, 1);
    for (int i = 0; i < 4; ++i) sampler.add();
    Draw draw;
    draw.rows = {0, 1, 2, 3};
    Vector errors(4);
    errors << 1, -4, 9, 16;  // priorities 1, 2, 3, 4
    sampler.update_priorities(draw, errors);
    Rng rng(5);
    std::vector<double> counts(4);
    constexpr int kRounds = 25'000;
    for (int round = 0; round < kRounds; ++round) {
      sampler.draw(rng, draw);
      for (const std::int64_t row : draw.rows) ++counts[static_cast<std::size_t>(row)];
    }
    double chi_square = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      const double expected = 4.0 * kRounds * static_cast<double>(i + 1) / 10;
      chi_square += (counts[i] - expected) * (counts[i] - expected) / expected;
    }
    EXPECT_LT(chi_square, 16.27);  // 3 degrees of freedom, p = 0.001; strata only make it smaller
  }
}

TEST(RowSampler, ImportanceWeightsUndoThePriorities) {
  ReplayConfig config = replay_config("PrioritizedReplay", 64, 2);
  config.alpha = 1;
  config.epsilon = 1e-9;
  RowSampler sampler(config, 1);
  sampler.add();
  sampler.add();
  Draw draw;
  draw.rows = {0, 1};
  Vector errors(2);
  errors << 1, 3;
  sampler.update_priorities(draw, errors);
  Rng rng(5);
  sampler.draw(rng, draw);
  sampler.weigh(1.0, draw);
  ASSERT_EQ((std::set<std::int64_t>(draw.rows.begin(), draw.rows.end()).size()), 2u);
  for (std::size_t i = 0; i < 64; ++i)  // (1/P) / max: 1 for the rare row, 1/3 for the other
    EXPECT_NEAR(draw.weights[static_cast<Eigen::Index>(i)], draw.rows[i] == 0 ? 1.0 : 1.0 / 3, 1e-6);
}

TEST(RowSampler, NewRowsTakeTheHighestPriority) {
  RowSampler sampler(replay_config("PrioritizedReplay", 1000, 100), 1);
  sampler.add();
  Draw draw;
  draw.rows = {0};
  sampler.update_priorities(draw, Vector::Constant(1, 1e-3f));
  sampler.add();  // priority 1 against 0.001^0.6 = 0.016
  Rng rng(1);
  sampler.draw(rng, draw);
  EXPECT_GT(std::count(draw.rows.begin(), draw.rows.end(), 1), 950);
}

TEST(RowSampler, CombinedReplayPutsTheNewestStepInOnce) {
  ReplayConfig config = replay_config("Replay", 6, 10);
  config.use_cer = true;
  RowSampler sampler(config, /*num_envs=*/2);
  Rng rng(1);
  Draw draw;
  for (int i = 0; i < 5; ++i) sampler.add();
  sampler.draw(rng, draw);
  EXPECT_EQ(draw.rows[4], 3);
  EXPECT_EQ(draw.rows[5], 4);
  EXPECT_EQ(draw.forced, (std::vector<std::uint8_t>{0, 0, 0, 0, 1, 1}));
  sampler.draw(rng, draw);  // nothing is new, and rows 0 to 2 are not made up for
  EXPECT_EQ(draw.forced, (std::vector<std::uint8_t>{0, 0, 0, 0, 0, 0}));
}

// More rows arrive than are drawn, as self-imitation does it: it was the oldest 512 rows of the ring that every batch
// consisted of.
TEST(RowSampler, CombinedReplayHasNoBacklog) {
  ReplayConfig config = replay_config("Replay", 8, 1000);
  config.use_cer = true;
  RowSampler sampler(config, /*num_envs=*/16);
  Rng rng(1);
  Draw draw;
  for (int round = 0; round < 50; ++round) {
    for (int i = 0; i < 100; ++i) sampler.add();
    sampler.draw(rng, draw);
    EXPECT_EQ(std::count(draw.forced.begin(), draw.forced.end(), 1), 4);  // half of the batch
    for (std::size_t i = 4; i < 8; ++i)
      EXPECT_EQ(draw.rows[i], (sampler.num_added() - 8 + static_cast<std::int64_t>(i)) % 1000);
  }
}

TEST(ReplayConfig, BetaReachesOneAtItsLastStep) {
  ReplayConfig config = replay_config("PrioritizedReplay", 4, 4);
  EXPECT_EQ(config.beta(1'000'000), config.beta_start);
  config.beta_end_step = 100;
  EXPECT_EQ(config.beta(0), 0.4);
  EXPECT_DOUBLE_EQ(config.beta(50), 0.7);
  EXPECT_EQ(config.beta(100), 1);
  config.beta_end_step = 0;  // given as such: 1 from the start
  EXPECT_EQ(config.beta(0), 1);
}

// ---- Replay: observations are numbers that tell episode and time, so every transition can be checked

EnvInfo number_env(int num_envs) {
  EnvInfo info;
  info.name = "Number";
  info.obs_space = Space::box({-1e9f}, {1e9f});
  info.action_space = Space::discrete(10);
  info.num_envs = num_envs;
  return info;
}

// Environment e's episodes last 3 + e steps; even ones terminate, odd ones are truncated. The observation is
// 10000 e + 100 episode + t, the reward t.
class Player {
 public:
  explicit Player(int num_envs)
      : num_envs_(num_envs), episode_(static_cast<std::size_t>(num_envs)), t_(static_cast<std::size_t>(num_envs)) {}
  void play(Replay& replay, int num_steps) {
    Matrix obs(num_envs_, 1), actions(num_envs_, 1);
    StepResult step;
    step.next_obs.resize(num_envs_, Space::row(1));
    step.rewards.resize(num_envs_);
    step.terminated.resize(num_envs_);
    step.truncated.resize(num_envs_);
    for (int k = 0; k < num_steps; ++k) {
      for (int e = 0; e < num_envs_; ++e) {
        obs(e, 0) = number(e, t_[at(e)]);
        actions(e, 0) = static_cast<float>(t_[at(e)] % 10);
        step.rewards[e] = static_cast<float>(t_[at(e)]);
        step.next_obs.floats()(e, 0) = number(e, t_[at(e)] + 1);
        const bool end = ++t_[at(e)] == 3 + e;
        step.terminated[e] = end && episode_[at(e)] % 2 == 0;
        step.truncated[e] = end && episode_[at(e)] % 2 == 1;
        if (end) {
          t_[at(e)] = 0;
          ++episode_[at(e)];
        }
      }
      step.end_episodes();
      replay.add(obs, actions, step);
    }
  }

 private:
  static std::size_t at(int e) { return static_cast<std::size_t>(e); }
  float number(int e, int t) const { return static_cast<float>(10'000 * e + 100 * episode_[at(e)] + t); }
  int num_envs_;
  std::vector<int> episode_, t_;
};

void expect_true_transitions(Replay& replay, int num_envs, int num_steps, int num_draws, bool keeps_last_of_task) {
  Rng rng(3);
  Batch batch;
  for (int draw = 0; draw < num_draws; ++draw) {
    replay.sample(rng, 0.5f, num_steps, 0, batch);
    for (Eigen::Index i = 0; i < batch.obs.rows(); ++i) {
      const int obs = static_cast<int>(batch.obs.floats()(i, 0)), e = obs / 10'000, episode = obs / 100 % 100,
                t = obs % 100;
      const int left = 3 + e - t;  // steps to the end of the episode, this one included
      const auto age = (replay.num_added() - 1 - batch.draw.rows[static_cast<std::size_t>(i)]) % replay.size();
      const int known = static_cast<int>(age) / num_envs + 1;  // the newest steps have no successors yet
      const int steps = std::min({num_steps, left, known});
      const bool task_ended = steps == left && episode % 2 == 0;
      EXPECT_EQ(batch.discounts[i], task_ended ? 0 : static_cast<float>(std::pow(0.5, steps)));
      if (!task_ended || keeps_last_of_task) {
        EXPECT_EQ(batch.next_obs.floats()(i, 0), static_cast<float>(obs + steps));
      }
      float reward = 0;
      for (int k = 0; k < steps; ++k) reward += static_cast<float>(t + k) * static_cast<float>(std::pow(0.5, k));
      EXPECT_EQ(batch.rewards[i], reward);
      EXPECT_EQ(batch.actions(i, 0), static_cast<float>(t));
    }
  }
}

TEST(Replay, KeepsTrueNextObservationsThroughWrapAround) {
  for (const int num_envs : {1, 3})
    for (const std::int64_t max_size : {60, 61, 62})  // also not a multiple of num_envs
      for (const bool keeps_last_of_task : {false, true}) {
        ReplayConfig config = replay_config("Replay", 64, max_size);
        config.keeps_last_of_task = keeps_last_of_task;
        Replay replay(config, number_env(num_envs));
        Player player(num_envs);
        for (int round = 0; round < 40; ++round) {
          player.play(replay, 7);
          for (const int num_steps : {1, 3})
            expect_true_transitions(replay, num_envs, num_steps, 5, keeps_last_of_task);
        }
        EXPECT_EQ(replay.size(), max_size);
      }
}

// The statistics move on between the day a row is kept and the day it is drawn; a row of old scaling would be another
// state than the same row of new scaling.
TEST(Replay, ScalesRawRowsWhenTheyAreDrawn) {
  EnvStatistics statistics;
  statistics.obs = RunningMoments(1);
  RewardScaling rewards{.discounted_return = &statistics.discounted_return, .factor = 2, .clip = 3.0f};
  EnvInfo info = number_env(1);
  info.scaling = Scaling(ObsScaling(statistics.obs, 5), rewards);
  Replay replay(replay_config("Replay", 64, 100), info);
  StepResult step;
  step.resize(1, Space::row(1));
  step.terminated << false;
  for (int t = 0; t < 6; ++t) {
    step.truncated << (t == 5);
    step.end_episodes();
    step.raw.obs.floats().setConstant(1, 1, static_cast<float>(t));
    step.raw.next_obs.floats().setConstant(1, 1, static_cast<float>(t + 1));
    step.raw.rewards.setConstant(1, static_cast<float>(t));
    step.next_obs.floats().setConstant(-1000);  // as scaled then: not to be seen again
    step.rewards.setConstant(-1000);
    replay.add(Observations(Matrix::Constant(1, 1, -1000)), Matrix::Constant(1, 1, static_cast<float>(t)), step);
  }
  statistics.obs.update(Matrix{{1}, {3}});                            // mean 2, variance 1 (nearly)
  statistics.discounted_return.update(Eigen::VectorXd{{-4.0, 4.0}});  // standard deviation 4 (nearly)
  Rng rng(1);
  Batch batch;
  replay.sample(rng, 0.5f, /*num_steps=*/2, 0, batch);
  std::set<int> seen;
  for (Eigen::Index i = 0; i < 64; ++i) {
    const auto t = static_cast<int>(batch.actions(i, 0));
    seen.insert(t);
    const int steps = t == 5 ? 1 : 2;
    const auto reward = [](int at) { return std::min(3.0f, static_cast<float>(at) * 2 / 4); };
    EXPECT_NEAR(batch.obs.floats()(i, 0), t - 2, 1e-3);
    EXPECT_NEAR(batch.next_obs.floats()(i, 0), t + steps - 2, 1e-3);
    EXPECT_NEAR(batch.rewards[i], reward(t) + (steps == 2 ? 0.5f * reward(t + 1) : 0), 1e-3);
  }
  EXPECT_EQ(seen.size(), 6u);
}

// A life lost ends what counts for learning, and nothing else.
TEST(Replay, ALifeLostHasNoValueAfterIt) {
  Replay replay(replay_config("Replay", 32, 10), number_env(1));
  StepResult step;
  step.resize(1, Space::row(1));
  step.terminated << false;
  step.truncated << false;
  for (int t = 0; t < 3; ++t) {
    step.end_episodes();
    step.life_lost << (t == 1);
    step.next_obs.floats().setConstant(static_cast<float>(t + 1));
    step.rewards.setConstant(1);
    replay.add(Observations(Matrix::Constant(1, 1, static_cast<float>(t))), Matrix::Zero(1, 1), step);
  }
  Rng rng(1);
  Batch batch;
  replay.sample(rng, 0.5f, /*num_steps=*/3, 0, batch);
  for (Eigen::Index i = 0; i < 32; ++i) {
    EXPECT_EQ(batch.discounts[i], batch.obs.floats()(i, 0) < 2 ? 0 : 0.5f);
    EXPECT_EQ(batch.rewards[i], batch.obs.floats()(i, 0) == 0 ? 1.5f : 1);
  }
}

// 2^23 environments: the row of a final observation is no longer exact as a float.
TEST(Replay, CountsFinalObservationsBeyondWhatAFloatHolds) {
  EnvInfo info = number_env(1 << 23);
  EXPECT_NO_THROW(Replay(replay_config("Replay", 1, 1 << 23), info));
}

TEST(Replay, ContinuesFromACheckpoint) {
  for (const char* name : {"Replay", "PrioritizedReplay"}) {
    Replay replay(replay_config(name, 16, 50), number_env(3)), restored(replay_config(name, 16, 50), number_env(3));
    Player player(3);
    player.play(replay, 25);
    Archive archive;
    replay.serialize(archive);
    Archive loaded = reread(archive);
    restored.serialize(loaded);
    Player same = player;
    player.play(replay, 5);
    same.play(restored, 5);
    Rng rng(1), rng2(1);
    Batch batch, batch2;
    for (int i = 0; i < 10; ++i) {
      replay.sample(rng, 0.9f, 2, 0.5, batch);
      restored.sample(rng2, 0.9f, 2, 0.5, batch2);
      EXPECT_EQ(batch.draw.rows, batch2.draw.rows);
      EXPECT_EQ(batch.next_obs, batch2.next_obs);
      EXPECT_EQ(batch.draw.weights, batch2.draw.weights);
    }
  }
}

}  // namespace
}  // namespace slm::replay_test
