#include "slm_lab/env/atari/screen_rows.h"

#include <immintrin.h>

#include <algorithm>

#include "slm_lab/base/error.h"
#include "slm_lab/env/atari/area_shares.h"

namespace slm {

ScreenRows::ScreenRows(const std::uint8_t* gray, With with)
    : avx2_(with == With::the_best && __builtin_cpu_supports("avx2")) {
  std::copy_n(gray, gray_.size(), gray_.begin());
  for (std::size_t i = 0; i < gray_of_.size(); ++i) gray_of_[i] = gray[i / 2];

  std::array<std::size_t, kNarrow> reach{};
  for (const AreaShare& share : area_shares(kWidth, kNarrow)) {
    const auto target = static_cast<std::size_t>(share.to);
    if (reach[target] == 0) first_[target] = share.from;
    ensure(reach[target] < kReach && share.from == first_[target] + static_cast<int>(reach[target]),
           "columns in a row");
    weight_[reach[target]++][target] = share.weight;
  }
  // Columns that weigh nothing must lie on the screen too.
  for (std::size_t target = 0; target < first_.size(); ++target)
    for (; first_[target] + kReach > kWidth; --first_[target]) {
      weight_[2][target] = weight_[1][target];
      weight_[1][target] = weight_[0][target];
      weight_[0][target] = 0;
    }
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    Group& group = groups_[g];
    group.target = std::min(static_cast<int>(g) * kLanes, kNarrow - kLanes);
    for (int term = 0; term < kReach; ++term) {
      const auto at = static_cast<std::size_t>(term);
      group.window[at] = std::min(first_[static_cast<std::size_t>(group.target)] + term, kWidth - kWindow);
      for (int lane = 0; lane < kLanes; ++lane) {
        const int byte = first_[static_cast<std::size_t>(group.target + lane)] + term - group.window[at];
        ensure(byte >= 0 && byte < kWindow, "what eight narrow columns weigh lies in 16 bytes");
        group.pick[at][static_cast<std::size_t>(lane)] = static_cast<std::uint8_t>(byte);
      }
    }
  }
}

void ScreenRows::to_gray(const std::uint8_t* screen, std::uint8_t* gray) const {
  if (avx2_) return to_gray_avx2(screen, screen, gray);
  for (int i = 0; i < kWidth; ++i) gray[i] = gray_of_[screen[i]];
}

void ScreenRows::to_brighter_gray(const std::uint8_t* one, const std::uint8_t* other, std::uint8_t* gray) const {
  if (avx2_) return to_gray_avx2(one, other, gray);
  for (int i = 0; i < kWidth; ++i) gray[i] = std::max(gray_of_[one[i]], gray_of_[other[i]]);
}

void ScreenRows::narrow(const std::uint8_t* gray, float* out) const {
  if (avx2_) return narrow_avx2(gray, out);
  for (std::size_t target = 0; target < kNarrow; ++target) {
    const std::uint8_t* const pixel = gray + first_[target];
    float sum = static_cast<float>(pixel[0]) * weight_[0][target];
    sum += static_cast<float>(pixel[1]) * weight_[1][target];
    sum += static_cast<float>(pixel[2]) * weight_[2][target];
    out[target] = sum;
  }
}

/// A table of 128 bytes is eight of 16. A byte whose top bit is set picks 0, and adding 0x70 sets it for all but 0
/// to 15.
[[gnu::target("avx2")]] void ScreenRows::to_gray_avx2(const std::uint8_t* one, const std::uint8_t* other,
                                                      std::uint8_t* gray) const {
  __m256i table[8];
  for (int i = 0; i < 8; ++i)
    table[i] = _mm256_broadcastsi128_si256(
        _mm_loadu_si128(reinterpret_cast<const __m128i*>(&gray_[16 * static_cast<std::size_t>(i)])));
  const auto look_up = [&](const std::uint8_t* pixels) __attribute__((target("avx2"), always_inline)) {
    const __m256i twice = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(pixels));
    const __m256i colour = _mm256_and_si256(_mm256_srli_epi16(twice, 1), _mm256_set1_epi8(0x7f));
    __m256i found = _mm256_setzero_si256();
    for (int i = 0; i < 8; ++i) {
      const __m256i here = _mm256_xor_si256(colour, _mm256_set1_epi8(static_cast<char>(16 * i)));
      found = _mm256_or_si256(found, _mm256_shuffle_epi8(table[i], _mm256_adds_epu8(here, _mm256_set1_epi8(0x70))));
    }
    return found;
  };
  for (int i = 0; i < kWidth; i += 32) {
    __m256i brighter = look_up(one + i);
    if (other != one) brighter = _mm256_max_epu8(brighter, look_up(other + i));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(gray + i), brighter);
  }
}

[[gnu::target("avx2")]] void ScreenRows::narrow_avx2(const std::uint8_t* gray, float* out) const {
  for (const Group& group : groups_) {
    __m256 sum;
    for (std::size_t term = 0; term < kReach; ++term) {
      const __m128i window = _mm_loadu_si128(reinterpret_cast<const __m128i*>(gray + group.window[term]));
      const __m128i pick = _mm_loadu_si128(reinterpret_cast<const __m128i*>(group.pick[term].data()));
      const __m256 pixels = _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_shuffle_epi8(window, pick)));
      const __m256 share =
          _mm256_mul_ps(pixels, _mm256_loadu_ps(&weight_[term][static_cast<std::size_t>(group.target)]));
      sum = term == 0 ? share : _mm256_add_ps(sum, share);
    }
    _mm256_storeu_ps(out + group.target, sum);
  }
}

}  // namespace slm
