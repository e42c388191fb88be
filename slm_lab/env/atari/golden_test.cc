// Traces of ale-py and Gymnasium's AtariPreprocessing (tests/golden/atari): frames, RAM and preprocessed screens by
// their CRC, rewards, lives and ends, with sticky actions and without.
#include <gtest/gtest.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "slm_lab/base/build_info.h"
#include "slm_lab/base/seed_sequence.h"
#include "slm_lab/env/atari/atari_env.h"
#include "tests/support/golden_arrays.h"

namespace slm::atari_golden_test {
namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

fs::path golden() { return fs::path(source_dir()) / "tests/golden/atari"; }

std::uint32_t crc(std::span<const std::uint8_t> bytes) {
  return static_cast<std::uint32_t>(crc32(0, bytes.data(), static_cast<uInt>(bytes.size())));
}

TEST(AtariScreen, SharesAreasAsOpenCv) {
  const Json weights = Json::parse(std::ifstream(golden() / "area_resize_weights.json"));
  for (const auto& [name, from] : {std::pair{"columns_160_to_84", 160}, std::pair{"rows_210_to_84", 210}}) {
    const Json& expected = weights.at(name);
    const std::vector<AreaShare> shares = area_shares(from, AtariScreen::kSide);
    ASSERT_EQ(shares.size(), expected.size());
    for (std::size_t i = 0; i < shares.size(); ++i) {
      EXPECT_EQ(shares[i].to, expected[i][0]);
      EXPECT_EQ(shares[i].from, expected[i][1]);
      EXPECT_EQ(shares[i].weight, expected[i][2].get<float>());
    }
  }
}

TEST(AtariScreen, ShrinksAsOpenCv) {
  std::array<std::uint8_t, 128> unused{};
  AtariScreen screen(210, unused);
  for (const auto& [large, small] : {std::pair{"noise-210x160.u8", "noise-84x84.u8"},
                                     std::pair{"Breakout-raw-gray.u8", "Breakout-raw-gray-84x84.u8"},
                                     std::pair{"Enduro-raw-gray.u8", "Enduro-raw-gray-84x84.u8"}}) {
    screen.set_gray(read_array<std::uint8_t>(golden() / "frames" / large));
    EXPECT_EQ(std::vector(screen.shrunk().begin(), screen.shrunk().end()),
              read_array<std::uint8_t>(golden() / "frames" / small))
        << large;
  }
}

class GoldenAtari : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (!AleFiles::installed().are_there()) GTEST_SKIP() << "needs ALE; install it with: ./slm-lab setup ale";
    record_ = Json::parse(std::ifstream(golden() / (GetParam() + ".json")));
    id_ = find_atari_id("ALE/" + GetParam() + "-v5");
  }
  Json record_;
  std::optional<AtariId> id_;
};

std::uint32_t gray_crc(const Emulator& emulator) {
  std::vector<std::uint8_t> gray;
  for (const std::uint8_t pixel : emulator.screen()) gray.push_back(emulator.facts().gray[pixel / 2]);
  return crc(gray);
}

TEST_P(GoldenAtari, RawFramesAndRam) {
  const AtariCartridge cartridge(*id_->game);
  for (const Json& trace : record_["raw"]) {
    SCOPED_TRACE(trace["sticky"]);
    Emulator emulator(cartridge, {.game = id_->game});
    StickyActions sticky(trace["sticky"]);
    sticky.seed(trace["random_seed"]);
    const auto reset = [&] {
      emulator.reset();
      sticky.start_episode();
    };
    reset();
    EXPECT_EQ(gray_crc(emulator), trace["after_reset_game"]["gray_crc32"]);
    EXPECT_EQ(crc(emulator.screen()), trace["after_reset_game"]["palette_crc32"]);
    EXPECT_EQ(crc(emulator.ram()), trace["after_reset_game"]["ram_crc32"]);
    EXPECT_EQ(emulator.lives(), trace["after_reset_game"]["lives"]);
    std::size_t num_resets = 0;
    const Json& resets = trace["reset_game_before_step"];
    for (std::size_t t = 0; t < trace["steps"]; ++t) {
      SCOPED_TRACE(t);
      if (num_resets < resets.size() && resets[num_resets] == t) {
        reset();
        ++num_resets;
      }
      ASSERT_EQ(emulator.act(sticky(trace["action"][t])), trace["reward"][t]);
      ASSERT_EQ(emulator.lives(), trace["lives"][t]);
      ASSERT_EQ(emulator.is_over() || emulator.is_truncated(), trace["game_over"][t] != 0);
      ASSERT_EQ(crc(emulator.screen()), trace["palette_crc32"][t]);
      ASSERT_EQ(crc(emulator.ram()), trace["ram_crc32"][t]);
      ASSERT_EQ(gray_crc(emulator), trace["gray_crc32"][t]);
    }
  }
}

TEST_P(GoldenAtari, PreprocessedGames) {
  for (const Json& trace : record_["wrapped"]) {
    SCOPED_TRACE(testing::Message() << "sticky " << trace["sticky"] << ", lives " << trace["terminal_on_life_loss"]);
    const std::uint64_t seed = trace["seed"];
    const std::vector<std::uint32_t> words = SeedSequence(std::span(&seed, 1)).generate_state(2);
    ASSERT_EQ(words[0], trace["np_seed"]);
    ASSERT_EQ(static_cast<std::int32_t>(words[1]), trace["ale_seed_int32"]);
    const AtariKwargs kwargs{.game = id_->game,
                             .repeat_action_probability = trace["sticky"],
                             .stack_num = 1,
                             .use_fire_reset = false,
                             .episodic_life = trace["terminal_on_life_loss"],
                             .sticky_seed = words[1]};
    AtariEnv env(kwargs, AtariEnv::make_model(kwargs));
    Rng rng(words[0]);
    std::vector<std::uint8_t> obs(AtariScreen::kPixels);
    std::size_t num_resets = 0;
    for (std::size_t t = 0; t < trace["steps"]; ++t) {
      SCOPED_TRACE(t);
      if (num_resets < trace["resets"].size() && trace["resets"][num_resets]["before_step"] == t) {
        const Json& reset = trace["resets"][num_resets++];
        env.reset(rng);
        env.observe(obs.data());
        ASSERT_EQ(env.emulator().lives(), reset["lives"]);
        ASSERT_EQ(crc(obs), reset["obs_crc32"]);
      }
      const EnvStep step = env.step(trace["action_index"][t], rng);
      env.observe(obs.data());
      ASSERT_EQ(step.reward, trace["reward"][t]);
      ASSERT_EQ(env.emulator().lives(), trace["lives"][t]);
      ASSERT_EQ(step.terminated, trace["terminated"][t] != 0);
      ASSERT_EQ(step.truncated, trace["truncated"][t] != 0);
      ASSERT_EQ(env.emulator().episode_frame(), trace["episode_frame"][t]);
      ASSERT_EQ(crc(obs), trace["obs_crc32"][t]);
    }
    EXPECT_EQ(num_resets, trace["resets"].size());
  }
}

INSTANTIATE_TEST_SUITE_P(Games, GoldenAtari,
                         testing::Values("BeamRider", "Breakout", "Enduro", "Freeway", "MsPacman", "Pong", "Qbert",
                                         "Seaquest", "SpaceInvaders"),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace slm::atari_golden_test
