#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace slm {

/// A game of the Arcade Learning Environment: what a spec needs to know of it before there is an emulator.
struct AtariGame {
  std::string_view name;          ///< "MsPacman", in the ids of Gymnasium
  std::string_view rom;           ///< "ms_pacman", the file without ".bin"
  std::uint32_t actions;          ///< bit i: the game uses ALE's action i (0 no-op, 1 FIRE, 2 UP, ...)
  std::string_view modes;         ///< "0-3,7"; the first is the default
  std::string_view difficulties;  ///< likewise, but the default is 0
  bool has_old_ids = false;       ///< MsPacman-v4 and its kin

  int num_actions() const;
};

std::span<const AtariGame> atari_games();
bool is_listed(std::string_view ranges, int value);  ///< of AtariGame::modes and difficulties

/// Emulator frames of one step: always `low`, or drawn from [low, high) where that is larger.
struct FrameSkip {
  int low = 4, high = 4;
  bool is_random() const { return high > low; }
  bool operator==(const FrameSkip&) const = default;
};

/// What an id stands for beside its game. ALE 0.12 registers ALE/X-v5, and of older times X-v0, X-v4, XNoFrameskip-v0
/// and XNoFrameskip-v4 for 62 games; XDeterministic-v0 and -v4 were registered until 0.10.
struct AtariId {
  const AtariGame* game;
  FrameSkip frameskip;
  double repeat_action_probability;
};
std::optional<AtariId> find_atari_id(std::string_view name);
std::vector<std::string> atari_ids();  ///< all of them, those of version 5 first

}  // namespace slm
