#include "slm_lab/env/atari/atari_env.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "slm_lab/base/archive.h"
#include "slm_lab/base/error.h"
#include "slm_lab/env/missing_part.h"
#include "slm_lab/env/registry.h"
#include "tests/support/reread.h"
#include "tests/support/scratch_folder.h"

namespace slm::atari_env_test {
namespace {

class Atari : public testing::Test {
 protected:
  void SetUp() override {
    if (!AleFiles::installed().are_there()) GTEST_SKIP() << "needs ALE; install it with: ./slm-lab setup ale";
  }
};

AtariKwargs kwargs_of(const char* id) {
  const AtariId meaning = find_atari_id(id).value();
  return {.game = meaning.game,
          .frameskip = meaning.frameskip,
          .repeat_action_probability = meaning.repeat_action_probability};
}

/// A game on its way, played at random.
struct Play {
  explicit Play(const AtariKwargs& kwargs, std::uint64_t seed = 0)
      : env(kwargs, AtariEnv::make_model(kwargs)),
        rng(seed),
        obs(static_cast<std::size_t>(AtariEnv::obs_space(kwargs).size())),
        num_actions(AtariEnv::action_space(kwargs).n) {
    reset();
  }
  void reset() {
    env.reset(rng);
    env.observe(obs.data());
  }
  EnvStep step() {
    const EnvStep step = env.step(static_cast<int>(policy.integers(0, num_actions)), rng);
    env.observe(obs.data());
    is_over = step.terminated || step.truncated;
    return step;
  }
  EnvStep play() {  // restarts
    if (is_over) reset();
    return step();
  }
  void serialize(Archive& archive) {
    archive("env", env);
    archive("rng", rng);
    archive("policy", policy);
    archive("is_over", is_over);
  }
  std::span<const std::uint8_t> frame(int i) const {
    return std::span(obs).subspan(static_cast<std::size_t>(i) * AtariScreen::kPixels, AtariScreen::kPixels);
  }

  AtariEnv env;
  Rng rng, policy{std::uint64_t{1}};
  std::vector<std::uint8_t> obs;
  int num_actions;
  bool is_over = false;
};

TEST_F(Atari, TheTableOfGamesIsAles) {
  for (const AtariGame& game : atari_games()) {
    SCOPED_TRACE(game.name);
    const AtariCartridge cartridge(game);
    const SlmAle& ale = cartridge.ale();
    char why[256];
    SlmAleGame* const open = ale.open(cartridge.rom().c_str(), 1000, why, sizeof why);
    ASSERT_NE(open, nullptr) << why;
    SlmAleFacts facts;
    ale.facts(open, &facts);
    EXPECT_EQ(facts.minimal_actions, game.actions);
    for (const auto& [list, legal] :
         {std::pair{ale.modes, game.modes}, std::pair{ale.difficulties, game.difficulties}}) {
      std::vector<int> values(list(open, nullptr, 0));
      list(open, values.data(), values.size());
      const std::set<int> expected(values.begin(), values.end());
      std::set<int> listed;
      for (int value = 0; value < 6000; ++value)
        if (is_listed(legal, value)) listed.insert(value);
      EXPECT_EQ(listed, expected);
    }
    ale.close(open);
  }
}

TEST_F(Atari, EveryGameCanBePlayed) {
  for (const AtariGame& game : atari_games()) {
    SCOPED_TRACE(game.name);
    Play play({.game = &game});
    for (int t = 0; t < 20; ++t) play.play();
    EXPECT_GT(play.env.emulator().episode_frame(), 0);
  }
}

TEST_F(Atari, GoesOnInAnotherEmulatorAsIfNothingHadHappened) {
  for (const char* id : {"ALE/Qbert-v5", "ALE/Pong-v5", "ALE/Seaquest-v5", "ALE/SpaceInvaders-v5", "Breakout-v0",
                         "ALE/MontezumaRevenge-v5", "ALE/Pitfall2-v5", "KungFuMasterNoFrameskip-v4"}) {
    SCOPED_TRACE(id);
    for (const int moment : {1, 230}) {
      Play whole(kwargs_of(id));
      for (int t = 0; t < moment; ++t) whole.play();
      Archive out;
      out("play", whole);
      Play resumed(kwargs_of(id), 77);
      for (int t = 0; t < 5; ++t) resumed.play();
      Archive in = reread(out);
      in("play", resumed);
      for (int t = 0; t < 200; ++t) {
        const EnvStep a = whole.play(), b = resumed.play();
        ASSERT_EQ(a.reward, b.reward);
        ASSERT_EQ(whole.obs, resumed.obs) << t << " steps after " << moment;
        ASSERT_TRUE(std::ranges::equal(whole.env.emulator().ram(), resumed.env.emulator().ram()));
        ASSERT_EQ(whole.env.emulator().episode_frame(), resumed.env.emulator().episode_frame());
      }
    }
  }
}

TEST_F(Atari, ADamagedStateIsRefused) {
  Play play(kwargs_of("ALE/Pong-v5"));
  Emulator emulator(AtariCartridge(*find_atari_id("ALE/Pong-v5")->game), kwargs_of("ALE/Pong-v5"));
  emulator.reset();
  std::vector<std::uint8_t> state;
  emulator.save(state);
  for (const std::size_t size : {std::size_t{0}, std::size_t{3}, std::size_t{40}, state.size() / 2}) {
    try {
      emulator.load(std::span(state).first(size));
      FAIL() << size;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::corrupt);
    }
  }
  emulator.load(state);
}

TEST_F(Atari, ALostLifeIsNotTheEndOfTheGame) {
  AtariKwargs kwargs = kwargs_of("ALE/Breakout-v5");
  kwargs.life_loss_info = true;
  Play play(kwargs);
  int lives = 5, num_lost = 0;
  while (!play.is_over) {
    const EnvStep step = play.step();
    const int now = play.env.emulator().lives();
    EXPECT_EQ(step.life_lost, now < lives && now > 0);
    EXPECT_EQ(step.terminated, now == 0);
    num_lost += step.life_lost;
    lives = now;
  }
  EXPECT_EQ(num_lost, 4);
}

TEST_F(Atari, ReturnsAreRawAndOfFullGames) {
  EnvConfig config;
  config.name = "ALE/Qbert-v5";
  AtariKwargs kwargs = kwargs_of("ALE/Qbert-v5");
  kwargs.life_loss_info = true;
  config.kwargs = kwargs;
  EnvStatistics unused;
  const auto env = make_env(config, 2, 0.99, Streams(0, 0, 0), unused, EnvUse::train);
  StepResult step;
  env->reset(step.obs);
  Rng policy(std::uint64_t{3});
  Matrix actions(2, 1);
  std::array<int, 2> num_rewards{}, num_lost{};
  int num_games = 0;
  for (int t = 0; t < 700; ++t) {
    for (float& action : actions.reshaped()) action = static_cast<float>(policy.integers(0, 6));
    env->step(actions, step);
    for (Eigen::Index i = 0; i < 2; ++i) {
      const auto row = static_cast<std::size_t>(i);
      const float reward = step.rewards[i];
      ASSERT_TRUE(reward == 0 || reward == 1) << reward;
      num_rewards[row] += reward == 1;
      num_lost[row] += step.life_lost[i];
      if (!step.episode_over[i]) continue;
      ++num_games;
      EXPECT_EQ(num_lost[row], 3);
      EXPECT_GE(step.episode_return[i], 25 * num_rewards[row]);  // the least that Qbert gives
      num_rewards[row] = num_lost[row] = 0;
    }
  }
  EXPECT_GE(num_games, 2);
}

TEST_F(Atari, StartsAfterAFewFramesWithoutThePlayer) {
  const auto frames = [](const char* id, int noop_max, bool fire) {
    AtariKwargs kwargs = kwargs_of(id);
    kwargs.noop_max = noop_max;
    kwargs.use_fire_reset = fire;
    Play play(kwargs);
    std::set<int> seen;
    for (int i = 0; i < 40; ++i) {
      play.reset();
      seen.insert(play.env.emulator().episode_frame());
    }
    return seen;
  };
  EXPECT_EQ(frames("ALE/Breakout-v5", 0, false), std::set{0});
  EXPECT_EQ(frames("ALE/Breakout-v5", 0, true), std::set{1});
  EXPECT_EQ(frames("ALE/MsPacman-v5", 0, true), std::set{0});  // has no FIRE
  EXPECT_EQ(frames("ALE/Breakout-v5", 3, false), (std::set{1, 2, 3}));
  EXPECT_EQ(frames("ALE/Breakout-v5", 3, true), (std::set{1, 2, 3}));
}

TEST_F(Atari, FirePutsTheBallIntoPlay) {
  AtariKwargs kwargs = kwargs_of("BreakoutNoFrameskip-v4");
  std::array<std::vector<std::uint8_t>, 2> first;
  for (const bool fire : {false, true}) {
    kwargs.use_fire_reset = fire;
    first[fire] = Play(kwargs).obs;
  }
  EXPECT_NE(first[0], first[1]);
}

TEST_F(Atari, FramesOfAStep) {
  const auto frames = [](AtariKwargs kwargs) {
    Play play(kwargs);
    std::set<int> seen;
    for (int t = 0; t < 100; ++t) {
      const int before = play.env.emulator().episode_frame();
      play.step();
      seen.insert(play.env.emulator().episode_frame() - before);
    }
    return seen;
  };
  EXPECT_EQ(frames(kwargs_of("ALE/Pong-v5")), std::set{4});
  EXPECT_EQ(frames(kwargs_of("PongNoFrameskip-v4")), std::set{1});
  EXPECT_EQ(frames(kwargs_of("Pong-v4")), (std::set{2, 3, 4}));
}

TEST_F(Atari, TheClockTruncates) {
  AtariKwargs kwargs = kwargs_of("ALE/Pong-v5");
  kwargs.max_num_frames_per_episode = 100;
  kwargs.noop_max = 0;
  kwargs.use_fire_reset = false;
  Play play(kwargs);
  for (int t = 1; t < 25; ++t) {
    const EnvStep step = play.step();
    ASSERT_FALSE(step.terminated || step.truncated) << t;
  }
  const EnvStep last = play.step();
  EXPECT_TRUE(last.truncated);
  EXPECT_FALSE(last.terminated);
}

TEST_F(Atari, StacksTheLastScreensOldestFirst) {
  Play play(kwargs_of("ALE/Breakout-v5"));
  for (int i = 1; i < 4; ++i) EXPECT_TRUE(std::ranges::equal(play.frame(0), play.frame(i)));
  for (int t = 0; t < 20; ++t) {
    const std::vector<std::uint8_t> before = play.obs;
    play.step();
    EXPECT_TRUE(
        std::equal(play.obs.begin(), play.obs.end() - AtariScreen::kPixels, before.begin() + AtariScreen::kPixels));
  }
}

TEST_F(Atari, ModesDifficultiesAndActions) {
  AtariKwargs other = kwargs_of("ALE/Breakout-v5");
  other.mode = 16;
  AtariKwargs hard = kwargs_of("ALE/Breakout-v5");
  hard.difficulty = 1;  // half the paddle
  const auto ram = [](const AtariKwargs& kwargs) {
    const Play play(kwargs);
    return std::vector(play.env.emulator().ram().begin(), play.env.emulator().ram().end());
  };
  const auto plain = ram(kwargs_of("ALE/Breakout-v5"));
  EXPECT_EQ(ram(kwargs_of("ALE/Breakout-v5")), plain);
  EXPECT_NE(ram(other), plain);
  EXPECT_NE(ram(hard), plain);
  other.mode = 3;
  EXPECT_THROW(Play{other}, SpecError);
  AtariKwargs all = kwargs_of("ALE/Breakout-v5");
  all.full_action_space = true;
  EXPECT_EQ(Play(all).num_actions, 18);
}

TEST_F(Atari, SaysWhatIsWrongWithItsFiles) {
  const AtariGame& pong = *find_atari_id("ALE/Pong-v5")->game;
  const AtariKwargs kwargs = kwargs_of("ALE/Pong-v5");
  AleFiles files = AleFiles::installed();
  const ScratchFolder scratch;
  files.roms = scratch.path();
  const auto text_and_code = [&]() -> std::pair<std::string, ExitCode> {
    try {
      Emulator(AtariCartridge(pong, files), kwargs);
    } catch (const Error& error) {
      return {error.what(), error.code()};
    }
    return {"", ExitCode::ok};
  };
  EXPECT_THAT(text_and_code().first, testing::HasSubstr("pong.bin: no such ROM"));
  EXPECT_EQ(text_and_code().second, ExitCode::missing);
  std::ofstream(scratch.path() / "pong.bin") << "no ROM";
  EXPECT_THAT(text_and_code().first, testing::HasSubstr("pong.bin: not a ROM that ALE knows"));
  EXPECT_EQ(text_and_code().second, ExitCode::corrupt);
  files.library = scratch.path() / "pong.bin";
  EXPECT_EQ(text_and_code().second, ExitCode::missing);
}

TEST(AtariFiles, WhatIsNotInstalledIsAPart) {
  try {
    AtariCartridge(*find_atari_id("ALE/Pong-v5")->game, AleFiles{});
    FAIL();
  } catch (const MissingPart& error) {
    EXPECT_EQ(error.part(), "ale");
    EXPECT_THAT(error.what(), testing::HasSubstr("./slm-lab setup ale"));
  }
}

// The colours of Pong, as RGB: its ground is (144, 72, 17), and the right paddle (92, 186, 92).
TEST_F(Atari, IsSeenAsTheEmulatorDrawsIt) {
  const Play play(kwargs_of("ALE/Pong-v5"));
  const Scene scene = play.env.scene();
  ASSERT_EQ(scene.width, 160);
  ASSERT_EQ(scene.height, 210);
  EXPECT_EQ(scene.frames_per_second, 15);
  ASSERT_EQ(scene.screen.size(), 3u * 160 * 210);
  const auto pixel = [&](int x, int y) {
    const std::uint8_t* rgb = &scene.screen[3 * static_cast<std::size_t>(160 * y + x)];
    return std::vector<int>{rgb[0], rgb[1], rgb[2]};
  };
  EXPECT_THAT(pixel(40, 100), testing::ElementsAre(144, 72, 17));
  std::set<std::vector<int>> right;
  for (int y = 34; y < 194; ++y) right.insert(pixel(141, y));
  EXPECT_THAT(right, testing::Contains(testing::ElementsAre(92, 186, 92)));
}

}  // namespace
}  // namespace slm::atari_env_test
