#pragma once

#include <cstdint>
#include <optional>

#include "slm_lab/env/atari_games.h"

namespace slm {

/// Options of an Atari game: those of the emulator and those of the usual preprocessing, with the names and defaults of
/// ALE's vector environment (docs/environments.md).
struct AtariKwargs {
  const AtariGame* game = nullptr;  ///< of the id; nullptr where none is chosen
  FrameSkip frameskip = {};
  double repeat_action_probability = 0.25;
  std::optional<int> mode = {}, difficulty = {};
  bool full_action_space = false;
  int max_num_frames_per_episode = 108000;
  int stack_num = 4;
  int noop_max = 30;
  bool use_fire_reset = true;
  bool episodic_life = false;
  bool life_loss_info = false;
  bool reward_clipping = true;
  bool maxpool = true;
  /// Not an option: the seed of the sticky actions, where it does not come from the row's generator.
  std::optional<std::uint32_t> sticky_seed = {};
};

}  // namespace slm
