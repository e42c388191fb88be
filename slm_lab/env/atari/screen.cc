#include "slm_lab/env/atari/screen.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "slm_lab/base/error.h"

namespace slm {

AtariScreen::AtariScreen(int height, std::span<const std::uint8_t, 128> gray, ScreenRows::With with)
    : height_(height), rows_(gray.data(), with), shares_(area_shares(height, kSide)) {
  ensure(height >= kSide, "a screen is made smaller");
  const auto size = static_cast<std::size_t>(height) * kWidth;
  one_.resize(size);
  other_.resize(size);
  gray_.resize(size);
  narrow_.resize(static_cast<std::size_t>(height) * kSide);
  row_changed_.resize(static_cast<std::size_t>(height));
}

/// Makes the rows anew of which `pool(where the row begins)` says that it changed them.
template <class Pool>
void AtariScreen::update(const Pool& pool) {
  for (std::size_t row = 0; row < row_changed_.size(); ++row) {
    row_changed_[row] = pool(row * kWidth);
    if (row_changed_[row]) rows_.narrow(&gray_[row * kWidth], &narrow_[row * kSide]);
  }
  shrink_rows();
}

void AtariScreen::show(std::span<const std::uint8_t> screen) {
  is_pooled_ = false;
  update([&](std::size_t at) {
    rows_.to_gray(&screen[at], &gray_[at]);
    return true;
  });
}

void AtariScreen::show_brighter(std::span<const std::uint8_t> one, std::span<const std::uint8_t> other) {
  const auto same = [](const std::uint8_t* a, const std::uint8_t* b) { return std::memcmp(a, b, kWidth) == 0; };
  update([&](std::size_t at) {
    if (is_pooled_ && same(&one[at], &one_[at]) && same(&other[at], &other_[at])) return false;
    std::memcpy(&one_[at], &one[at], kWidth);
    std::memcpy(&other_[at], &other[at], kWidth);
    rows_.to_brighter_gray(&one[at], &other[at], &gray_[at]);
    return true;
  });
  is_pooled_ = true;
}

void AtariScreen::add_brighter(std::span<const std::uint8_t> screen) {
  is_pooled_ = false;
  std::array<std::uint8_t, kWidth> added;
  update([&](std::size_t at) {
    rows_.to_gray(&screen[at], added.data());
    for (std::size_t i = 0; i < kWidth; ++i) gray_[at + i] = std::max(gray_[at + i], added[i]);
    return true;
  });
}

void AtariScreen::set_gray(std::span<const std::uint8_t> gray) {
  ensure(gray.size() == gray_.size(), "the screen of this game");
  is_pooled_ = false;
  std::ranges::copy(gray, gray_.begin());
  update([](std::size_t) { return true; });
}

void AtariScreen::shrink_rows() {
  for (auto share = shares_.begin(); share != shares_.end();) {
    const auto first = share;
    bool changed = false;
    for (; share != shares_.end() && share->to == first->to; ++share)
      changed = changed || row_changed_[static_cast<std::size_t>(share->from)];
    if (!changed) continue;
    std::array<float, kSide> sum;
    for (auto part = first; part != share; ++part) {
      const float* const narrow = &narrow_[static_cast<std::size_t>(part->from) * kSide];
      if (part == first)
        for (std::size_t i = 0; i < kSide; ++i) sum[i] = part->weight * narrow[i];
      else
        for (std::size_t i = 0; i < kSide; ++i) sum[i] += part->weight * narrow[i];
    }
    std::uint8_t* const out = &shrunk_[static_cast<std::size_t>(first->to) * kSide];
    // Adding 2^23 leaves no bits for a fraction: the sum is rounded half to even, and its last byte is the result.
    for (std::size_t i = 0; i < kSide; ++i)
      out[i] = static_cast<std::uint8_t>(std::bit_cast<std::uint32_t>(sum[i] + 0x1p23f));
  }
}

}  // namespace slm
