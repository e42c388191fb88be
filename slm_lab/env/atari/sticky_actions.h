#pragma once

#include <cstdint>
#include <random>

namespace slm {

class Archive;

/// Machado et al. 2018, section 5.2: with some probability a frame repeats the action of the frame before. With ALE's
/// own generator and the order of its draws, so that a seed gives what it gives there; but ALE's state does not tell
/// which action is in force, so that it could not be saved.
class StickyActions {
 public:
  explicit StickyActions(double repeat_probability) : repeat_probability_(static_cast<float>(repeat_probability)) {}

  void seed(std::uint32_t seed) { generator_.seed(seed); }
  void start_episode() { in_force_ = 0; }

  /// The action of this frame, given the one that the player wants.
  int operator()(int wanted) {
    if (repeat_probability_ == 0) return wanted;
    const bool repeats = draw() < repeat_probability_;
    draw();  // for the second player, who is not there
    if (!repeats) in_force_ = wanted;
    return in_force_;
  }

  void serialize(Archive& archive);

 private:
  double draw() { return static_cast<double>(generator_()) / 0x1p32; }

  double repeat_probability_;  // of a float's precision, as in ALE
  std::mt19937 generator_;
  int in_force_ = 0;
};

}  // namespace slm
