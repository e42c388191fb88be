#include "slm_lab/env/atari_games.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "slm_lab/env/registry.h"
#include "tests/support/option_refusal.h"

namespace slm::atari_games_test {
namespace {

TEST(AtariGames, IdsMeanWhatAleRegisters) {
  struct Row {
    const char* id;
    const char* rom;
    FrameSkip frameskip;
    double sticky;
  };
  for (const Row& row :
       {Row{"ALE/MsPacman-v5", "ms_pacman", {4, 4}, 0.25}, Row{"MsPacman-v0", "ms_pacman", {2, 5}, 0.25},
        Row{"MsPacman-v4", "ms_pacman", {2, 5}, 0}, Row{"PongNoFrameskip-v0", "pong", {1, 1}, 0.25},
        Row{"PongNoFrameskip-v4", "pong", {1, 1}, 0}, Row{"PongDeterministic-v4", "pong", {4, 4}, 0},
        Row{"SpaceInvadersDeterministic-v0", "space_invaders", {3, 3}, 0.25},
        Row{"ALE/TicTacToe3D-v5", "tic_tac_toe_3d", {4, 4}, 0.25}}) {
    SCOPED_TRACE(row.id);
    const auto id = find_atari_id(row.id);
    ASSERT_TRUE(id);
    EXPECT_EQ(id->game->rom, row.rom);
    EXPECT_EQ(id->frameskip, row.frameskip);
    EXPECT_EQ(id->repeat_action_probability, row.sticky);
  }
  for (const char* none : {"", "ALE/", "ALE/-v5", "-v4", "NoFrameskip-v4", "ALE/Pong-v4", "Pong-v5",
                           "ALE/PongNoFrameskip-v5", "Backgammon-v4", "ALE/Combat-v5", "ALE/pong-v5", "Pong-ram-v4"})
    EXPECT_FALSE(find_atari_id(none)) << none;
}

TEST(AtariGames, EveryIdIsFoundOnce) {
  const std::vector<std::string> ids = atari_ids();
  EXPECT_EQ(ids.size(), 104u + 62u * 6u);
  EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), ids.size());
  for (const std::string& id : ids) EXPECT_TRUE(find_atari_id(id)) << id;
}

TEST(AtariGames, ListsOfNumbers) {
  EXPECT_TRUE(is_listed("0-3,7", 0));
  EXPECT_TRUE(is_listed("0-3,7", 3));
  EXPECT_TRUE(is_listed("0-3,7", 7));
  EXPECT_FALSE(is_listed("0-3,7", 4));
  EXPECT_FALSE(is_listed("12", 1));
  EXPECT_FALSE(is_listed("", 0));
}

TEST(AtariOptions, AreRefusedWithWhatWouldBeLegal) {
  const auto refusal = [](const char* option) { return option_refusal("ALE/Pong-v5", option); };
  using testing::HasSubstr;
  EXPECT_THAT(option_refusal("ALE/Brekout-v5", "mode=0"), HasSubstr("ALE/Breakout-v5"));
  EXPECT_THAT(option_refusal("PongNoFrameskp-v4", "mode=0"), HasSubstr("PongNoFrameskip-v4"));
  EXPECT_THAT(refusal("mode=7"), HasSubstr("Pong has: 0-1"));
  EXPECT_THAT(refusal("difficulty=4"), HasSubstr("Pong has: 0-3"));
  EXPECT_THAT(refusal("img_height=64"), HasSubstr("nearest legal value: 84"));
  EXPECT_THAT(refusal("img_width=160"), HasSubstr("nearest legal value: 84"));
  EXPECT_THAT(refusal("grayscale=false"), HasSubstr("expected true"));
  for (const char* frameskip :
       {"0", "-1", "1.5", "[2]", "[5, 2]", "[2, 2]", "[0, 3]", "[1, 2, 3]", "\"4\"", "null", "2000"})
    EXPECT_THAT(refusal(("frameskip=" + std::string(frameskip)).c_str()), HasSubstr("frameskip")) << frameskip;
  const std::vector<std::string> both{"episodic_life=true", "life_loss_info=true"};
  EXPECT_THROW(make_rollout_env("ALE/Pong-v5", both, 0), SpecError);
}

TEST(AtariOptions, ActionsAreThoseOfTheGame) {
  const auto num_actions = [](const AtariKwargs& kwargs) { return find_env("ALE/Pong-v5")->spaces(kwargs).action.n; };
  EXPECT_EQ(num_actions({.game = find_atari_id("ALE/Pong-v5")->game}), 6);
  EXPECT_EQ(num_actions({.game = find_atari_id("ALE/Breakout-v5")->game}), 4);
  EXPECT_EQ(num_actions({.game = find_atari_id("ALE/Pong-v5")->game, .full_action_space = true}), 18);
}

}  // namespace
}  // namespace slm::atari_games_test
