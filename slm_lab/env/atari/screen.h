#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "slm_lab/env/atari/area_shares.h"
#include "slm_lab/env/atari/screen_rows.h"

namespace slm {

/// From the emulator's screens to what agents see: gray, the brighter of two frames, 84 x 84.
///
/// Sprites that blink are seen because a pixel is the maximum of the last two frames of a step (Mnih et al. 2015). The
/// resizing is that of OpenCV's INTER_AREA with its float32 arithmetic, to the last bit: the mean over the area that a
/// pixel covers, columns first, rows then, rounded half to even.
///
/// Much of a screen is as it was a step before, so rows that are cost a comparison.
class AtariScreen {
 public:
  static constexpr int kSide = 84, kPixels = kSide * kSide;

  /// `gray`: of each of the 128 colours. `height` at least 84; screens are 160 wide.
  AtariScreen(int height, std::span<const std::uint8_t, 128> gray, ScreenRows::With with = ScreenRows::With::the_best);

  // A screen is (height * 160), twice the colour of each pixel.
  void show(std::span<const std::uint8_t> screen);  ///< this frame alone
  void show_brighter(std::span<const std::uint8_t> one, std::span<const std::uint8_t> other);
  /// Where the game ended before the last frame of a step was seen: what was shown and the frame before.
  void add_brighter(std::span<const std::uint8_t> screen);

  std::span<const std::uint8_t> gray() const { return gray_; }      ///< (height * 160)  what is shown
  std::span<const std::uint8_t> shrunk() const { return shrunk_; }  ///< (84 * 84)
  void set_gray(std::span<const std::uint8_t> gray);                ///< as it was when it was saved

 private:
  static constexpr int kWidth = ScreenRows::kWidth;

  template <class Pool>
  void update(const Pool& pool);
  void shrink_rows();

  int height_;
  ScreenRows rows_;
  std::vector<AreaShare> shares_;               // of the rows
  std::vector<std::uint8_t> one_, other_;       // (height * 160)  of which gray_ was made, if it is pooled
  bool is_pooled_ = false;                      // gray_ is the brighter of one_ and other_
  std::vector<std::uint8_t> gray_;              // (height * 160)
  std::vector<float> narrow_;                   // (height * 84)  of gray_
  std::vector<std::uint8_t> row_changed_;       // (height)
  std::array<std::uint8_t, kPixels> shrunk_{};  // (84 * 84)  of narrow_
};

}  // namespace slm
