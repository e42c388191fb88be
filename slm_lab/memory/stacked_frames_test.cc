#include "slm_lab/memory/stacked_frames.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "slm_lab/base/archive.h"
#include "slm_lab/base/error.h"
#include "slm_lab/memory/replay.h"
#include "tests/support/reread.h"

namespace slm::stacked_frames_test {
namespace {

using testing::ElementsAre;

/// `num_frames` frames of `pixels` bytes.
EnvInfo screens(int num_frames, int num_envs, int pixels = 1) {
  return {.name = "Screens",
          .obs_space = Space::bytes({num_frames, 1, pixels}),
          .action_space = Space::discrete(100),
          .num_envs = num_envs,
          .num_frames = num_frames};
}

using Stack = std::vector<std::uint8_t>;
const std::byte* bytes_of(const Stack& stack) { return reinterpret_cast<const std::byte*>(stack.data()); }

// ---- StackedFrames, worked out by hand: stacks of three frames of one pixel

class ThreeFrames : public testing::Test {
 protected:
  void add(const Stack& stack, bool episode_over = false) { frames_.add(num_added_++, bytes_of(stack), episode_over); }
  Stack read(const StackedFrames& frames, std::int64_t step) const {
    Stack stack(3);
    frames.read(step, reinterpret_cast<std::byte*>(stack.data()));
    return stack;
  }
  Stack read(std::int64_t step) const { return read(frames_, step); }
  /// The older frames of the observation after a step.
  Stack older_of_next(std::int64_t step) const {
    Stack older(2);
    auto* const begin = reinterpret_cast<std::byte*>(older.data());
    EXPECT_EQ(frames_.read_older_of_next(step, begin), begin + 2);
    return older;
  }

  const EnvInfo info_ = screens(3, 2);
  StackedFrames frames_{/*num_steps=*/6, info_};  // three steps of both environments
  std::int64_t num_added_ = 0;
};

TEST_F(ThreeFrames, AreStackedAgainAcrossTheBordersOfEpisodes) {
  add({1, 1, 1});  // 0
  add({51, 51, 51});
  add({1, 1, 2});
  add({51, 51, 52}, true);  // the second environment's episode is over after two steps
  add({1, 2, 3}, true);     // 4
  add({61, 61, 61});
  EXPECT_THAT(read(0), ElementsAre(1, 1, 1));
  EXPECT_THAT(read(1), ElementsAre(51, 51, 51));
  EXPECT_THAT(read(2), ElementsAre(1, 1, 2));
  EXPECT_THAT(read(3), ElementsAre(51, 51, 52));
  EXPECT_THAT(read(4), ElementsAre(1, 2, 3));
  EXPECT_THAT(read(5), ElementsAre(61, 61, 61));
  EXPECT_THAT(older_of_next(0), ElementsAre(1, 1));
  EXPECT_THAT(older_of_next(2), ElementsAre(1, 2));
  EXPECT_THAT(older_of_next(3), ElementsAre(51, 52));
  EXPECT_THAT(older_of_next(4), ElementsAre(2, 3));
}

// Of the first of three steps kept, the older frames are those of two steps that are not.
TEST_F(ThreeFrames, OutliveTheStepsThatTheyCameWith) {
  for (std::uint8_t t = 0; t < 20; ++t) {
    const auto past = [&](int start, int back) { return static_cast<std::uint8_t>(start + std::max(0, t - back)); };
    add({past(1, 2), past(1, 1), past(1, 0)});
    add({past(101, 2), past(101, 1), past(101, 0)});
    if (t < 2) continue;
    for (int kept = 0; kept < 3; ++kept)
      for (int env = 0; env < 2; ++env)
        EXPECT_THAT(
            read(num_added_ - 2 * kept - 2 + env),
            ElementsAre(past(1 + 100 * env, kept + 2), past(1 + 100 * env, kept + 1), past(1 + 100 * env, kept)));
  }
}

TEST_F(ThreeFrames, AreRefusedWhereTheyWouldNotComeBack) {
  EXPECT_THROW(add({0, 0, 1}), std::logic_error);  // an environment that starts with empty frames
  EXPECT_THROW(add({0, 1, 1}), std::logic_error);
  num_added_ = 0;
  add({1, 1, 1});
  add({51, 51, 51}, true);
  EXPECT_THROW(add({1, 2, 3}), std::logic_error);
  num_added_ = 2;
  add({1, 1, 2});
  EXPECT_THROW(add({51, 51, 52}), std::logic_error);  // goes on where the episode was said to be over
}

TEST_F(ThreeFrames, GoOnFromACheckpoint) {
  add({1, 1, 1});
  add({51, 51, 51}, true);
  Archive archive;
  archive("frames", frames_);
  StackedFrames restored(6, info_);
  Archive in = reread(archive);
  in("frames", restored);
  for (StackedFrames* each : {&frames_, &restored}) {
    each->add(2, bytes_of({1, 1, 2}), false);
    each->add(3, bytes_of({61, 61, 61}), false);
    EXPECT_THAT(read(*each, 2), ElementsAre(1, 1, 2));
    EXPECT_THAT(read(*each, 3), ElementsAre(61, 61, 61));
  }
}

TEST_F(ThreeFrames, AreRefusedFromACheckpointThatCountsMore) {
  StackedFrames four(6, screens(4, 2));
  for (int t = 0; t < 6; ++t) four.add(t, bytes_of({1, 1, 1, 1}), false);
  Archive archive;
  archive("frames", four);
  Archive in = archive.reopened();
  EXPECT_THROW(in("frames", frames_), Error);
}

TEST(StackedFrames, PaysForPixelsInStacksAlone) {
  EnvInfo info = screens(4, 2);
  EXPECT_TRUE(StackedFrames::pays(info));
  info.num_frames = 1;
  EXPECT_FALSE(StackedFrames::pays(info));
  info.num_frames = 4;
  info.obs_space = Space::row(16);
  EXPECT_FALSE(StackedFrames::pays(info));
}

TEST(StackedFrames, HoldAMillionStepsOfAtari) {
  EnvInfo info = screens(4, 16, 84 * 84);
  info.action_space = Space::discrete(6);
  ReplayConfig config;
  config.name = "PrioritizedReplay";
  config.max_size = 1'000'000;
  // A step: a frame and how many before it are of its episode; action, reward, what follows; priorities. Besides: older
  // frames of the oldest steps, final observations.
  EXPECT_EQ(replay_bytes(config, info), 1'000'000LL * (84 * 84 + 4 + 12 + 10) + 3 * 16 * (84 * 84 + 4) + 32 * 84 * 84);
  EXPECT_LT(replay_bytes(config, info), 7'500'000'000);
}

// ---- Replay: what is drawn, against the definition and against a replay that keeps stacks whole

struct Transition {
  Stack obs, next_obs;
  float action, reward;
  bool is_last_reward, episode_over;
};

/// Environments that end, are cut and lose lives at random, and everything that they gave.
class RandomScreens {
 public:
  RandomScreens(const EnvInfo& info, std::uint64_t seed)
      : info_(info), rng_(seed), stacks_(static_cast<std::size_t>(info.num_envs)) {
    for (Stack& stack : stacks_) start(stack);
    obs_.resize(info_.num_envs, info_.obs_space);
    actions_.resize(info_.num_envs, 1);
    step_.resize(info_.num_envs, info_.obs_space);
  }

  template <class... Replays>
  void play(int num_steps, Replays&... replays) {
    for (int t = 0; t < num_steps; ++t) {
      for (int env = 0; env < info_.num_envs; ++env) move(env);
      (replays.add(obs_, actions_, step_), ...);
    }
  }

  /// What `replay` draws is what was seen; returns the batch.
  Batch draw(Replay& replay, std::uint64_t seed, float gamma, int num_steps, std::int64_t max_size) const {
    Rng rng(seed);
    Batch batch;
    replay.sample(rng, gamma, num_steps, 0.5, batch);
    for (Eigen::Index i = 0; i < batch.obs.rows(); ++i) {
      const std::int64_t row = batch.draw.rows[static_cast<std::size_t>(i)], newest = std::ssize(seen_) - 1;
      std::int64_t at = newest - (newest - row) % max_size;  // the newest that lies there
      EXPECT_EQ(at_row(batch.obs, i), seen(at).obs);
      EXPECT_EQ(batch.actions(i, 0), seen(at).action);
      float reward = seen(at).reward, discount = gamma;
      for (int k = 1; k < num_steps && at + info_.num_envs <= newest; ++k) {
        if (seen(at).is_last_reward || seen(at).episode_over) break;
        at += info_.num_envs;
        reward += discount * seen(at).reward;
        discount *= gamma;
      }
      EXPECT_EQ(batch.rewards[i], reward);
      EXPECT_EQ(batch.discounts[i], seen(at).is_last_reward ? 0 : discount);
      if (!seen(at).is_last_reward) {
        EXPECT_EQ(at_row(batch.next_obs, i), seen(at).next_obs);
      }
    }
    return batch;
  }

 private:
  const Transition& seen(std::int64_t at) const { return seen_[static_cast<std::size_t>(at)]; }
  static Stack at_row(const Observations& obs, Eigen::Index i) {
    return {obs.bytes().row(i).begin(), obs.bytes().row(i).end()};
  }
  Stack frame() {
    Stack frame(static_cast<std::size_t>(info_.obs_space.size() / info_.num_frames));
    for (std::uint8_t& pixel : frame) pixel = static_cast<std::uint8_t>(rng_.integers(0, 256));
    return frame;
  }
  void start(Stack& stack) {
    const Stack first = frame();
    stack.clear();
    for (int k = 0; k < info_.num_frames; ++k) stack.insert(stack.end(), first.begin(), first.end());
  }
  void move(int env) {
    Stack& stack = stacks_[static_cast<std::size_t>(env)];
    std::ranges::copy(stack, obs_.bytes().row(env).begin());
    Transition seen{.obs = stack,
                    .next_obs = {},
                    .action = static_cast<float>(rng_.integers(0, 100)),
                    .reward = static_cast<float>(rng_.integers(-9, 10)),  // whose discounted sums are exact
                    .is_last_reward = false,
                    .episode_over = false};
    const Stack newest = frame();
    stack.erase(stack.begin(), stack.begin() + std::ssize(newest));
    stack.insert(stack.end(), newest.begin(), newest.end());
    seen.next_obs = stack;
    std::ranges::copy(stack, step_.next_obs.bytes().row(env).begin());
    const double chance = rng_.random();
    step_.terminated[env] = chance < 0.1 || chance >= 0.95;  // both at once where the last step ends the task
    step_.truncated[env] = (chance >= 0.1 && chance < 0.2) || chance >= 0.95;
    step_.life_lost[env] = chance >= 0.2 && chance < 0.3;
    step_.episode_over[env] = seen.episode_over = step_.terminated[env] || step_.truncated[env];
    seen.is_last_reward = step_.is_last_reward(env);
    actions_(env, 0) = seen.action;
    step_.rewards[env] = seen.reward;
    if (seen.episode_over) start(stack);
    seen_.push_back(std::move(seen));
  }

  EnvInfo info_;
  Rng rng_;
  std::vector<Stack> stacks_;  // to act on
  std::vector<Transition> seen_;
  Observations obs_;
  Matrix actions_;
  StepResult step_;
};

void expect_equal(const Batch& a, const Batch& b) {
  EXPECT_EQ(a.draw.rows, b.draw.rows);
  EXPECT_EQ(a.draw.weights, b.draw.weights);
  EXPECT_EQ(a.obs, b.obs);
  EXPECT_EQ(a.actions, b.actions);
  EXPECT_EQ(a.rewards, b.rewards);
  EXPECT_EQ(a.next_obs, b.next_obs);
  EXPECT_EQ(a.discounts, b.discounts);
}

struct Stream {
  int num_envs, num_frames;
  std::int64_t max_size;
  const char* name = "Replay";
  friend void PrintTo(const Stream& s, std::ostream* out) { *out << s.name << " of " << s.max_size; }
};

class RandomStream : public testing::TestWithParam<Stream> {};

TEST_P(RandomStream, IsDrawnAsItWasSeenAndAsByAReplayOfWholeStacks) {
  const Stream& stream = GetParam();
  const EnvInfo info = screens(stream.num_frames, stream.num_envs, 3);
  EnvInfo unknown = info;
  unknown.num_frames = 1;
  ReplayConfig config;
  config.name = stream.name;
  config.max_size = stream.max_size;
  config.batch_size = 16;
  config.use_cer = stream.num_envs == 2;
  Replay frames(config, info), whole(config, unknown), restored(config, info);
  RandomScreens seen(info, static_cast<std::uint64_t>(stream.max_size));
  for (std::uint64_t round = 0; round < 60; ++round) {
    seen.play(1 + static_cast<int>(round % 4), frames, whole);
    for (const int num_steps : {1, 3, 5}) {
      const std::uint64_t seed = 10 * round + static_cast<std::uint64_t>(num_steps);
      const Batch batch = seen.draw(frames, seed, 0.75f, num_steps, stream.max_size);
      expect_equal(batch, seen.draw(whole, seed, 0.75f, num_steps, stream.max_size));
      frames.update_priorities(batch.draw, batch.rewards);
      whole.update_priorities(batch.draw, batch.rewards);
    }
    if (round != 41) continue;
    Archive archive;
    archive("replay", frames);
    Archive in = reread(archive);
    in("replay", restored);
    std::swap(frames, restored);
  }
}

TEST(ReplayOfFrames, RefusesACheckpointOfWholeStacksInWords) {
  const EnvInfo info = screens(4, 2);
  EnvInfo unknown = info;
  unknown.num_frames = 1;
  Replay whole(ReplayConfig{}, unknown), frames(ReplayConfig{}, info);
  RandomScreens(info, 1).play(10, whole);
  Archive archive;
  archive("replay", whole);
  Archive in = archive.reopened();
  try {
    in("replay", frames);
    FAIL() << "was read";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::usage);
    EXPECT_THAT(error.what(), testing::HasSubstr("keeps stacks of frames whole"));
  }
}

INSTANTIATE_TEST_SUITE_P(Streams, RandomStream,
                         testing::Values(Stream{1, 4, 30}, Stream{1, 2, 7}, Stream{2, 4, 31},
                                         Stream{3, 4, 31, "PrioritizedReplay"}, Stream{5, 3, 5}, Stream{5, 4, 48},
                                         Stream{4, 4, 1000, "PrioritizedReplay"}),
                         [](const auto& stream) {
                           const Stream& s = stream.param;
                           return std::to_string(s.num_envs) + "Envs" + std::to_string(s.num_frames) + "Frames" +
                                  std::to_string(s.max_size);
                         });

}  // namespace
}  // namespace slm::stacked_frames_test
