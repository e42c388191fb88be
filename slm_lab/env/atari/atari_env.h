#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "slm_lab/env/atari/emulator.h"
#include "slm_lab/env/atari/screen.h"
#include "slm_lab/env/atari/sticky_actions.h"
#include "slm_lab/env/env_step.h"
#include "slm_lab/env/kwargs.h"

namespace slm {

/// A game of the Arcade Learning Environment with the usual preprocessing (Machado et al. 2018; Gymnasium's
/// AtariPreprocessing): frames skipped and pooled, gray, 84 x 84, the last few stacked, oldest first. Rewards are raw.
class AtariEnv {
 public:
  using Kwargs = AtariKwargs;
  using Model = AtariCartridge;
  static constexpr int kStepNanoseconds = 300'000;
  static Space obs_space(const Kwargs& kwargs);     ///< bytes (stack_num, 84, 84)
  static Space action_space(const Kwargs& kwargs);  ///< the actions that the game uses, or all 18
  static std::shared_ptr<const Model> make_model(const Kwargs& kwargs);

  AtariEnv(const Kwargs& kwargs, const std::shared_ptr<const Model>& model);

  /// The first reset draws the seed of the sticky actions, each the number of frames without the player.
  void reset(Rng& rng);
  EnvStep step(int action, Rng& rng);
  void observe(std::uint8_t* obs) const;
  void serialize(Archive& archive);
  Scene scene() const;

  const Emulator& emulator() const { return emulator_; }

 private:
  int act(int action) { return emulator_.act(sticky_(action)); }
  void act_alone(int action);
  void start_game();
  void push_screen();

  Kwargs kwargs_;
  std::vector<int> actions_;  // by index
  Emulator emulator_;
  StickyActions sticky_;
  AtariScreen screen_;
  std::vector<std::uint8_t> stack_;  // (stack_num * 84 * 84)  a ring
  int oldest_ = 0;                   // in the ring
  int lives_ = 0;
  bool started_ = false;
};

}  // namespace slm
