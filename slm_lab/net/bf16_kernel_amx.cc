// On AMX: tiles of 16 rows of 64 bytes. Nothing here calls an inline function of a library (kernel_impl.inc says why).

#include <immintrin.h>

#include <utility>

#include "slm_lab/net/bf16_kernel.h"

namespace slm {
namespace {

#include "slm_lab/net/kernel_vector.inc"
//
#include "slm_lab/net/kernel_activation.inc"

/// All eight tiles whole.
struct alignas(64) TileConfig {
  std::uint8_t palette = 1, start_row = 0, reserved[14] = {};
  std::uint16_t bytes_per_row[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};
constexpr TileConfig kTileConfig;

void begin() { _tile_loadconfig(&kTileConfig); }
void end() { _tile_release(); }

void product_block(const Bf16* a, std::ptrdiff_t a_next, const Bf16* b, std::ptrdiff_t b_next, int k_blocks, float* c,
                   std::ptrdiff_t c_row) {
  asm volatile("" ::: "memory");  // g++ 12's loads of tiles do not say that they read memory
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  for (int k = 0; k < k_blocks; ++k, a += kBf16TileSize, b += kBf16TileSize) {
    _tile_loadd(4, a, 64);
    _tile_loadd(6, b, 64);
    _tile_dpbf16ps(0, 4, 6);
    _tile_loadd(7, b + b_next, 64);
    _tile_dpbf16ps(1, 4, 7);
    _tile_loadd(5, a + a_next, 64);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
  const auto stride = static_cast<std::size_t>(c_row) * sizeof(float);
  _tile_stored(0, c, stride);
  _tile_stored(1, c + 16, stride);
  _tile_stored(2, c + 16 * c_row, stride);
  _tile_stored(3, c + 16 * c_row + 16, stride);
  asm volatile("" ::: "memory");
}

/// Two vectors of floats, the first in the lower half.
[[gnu::always_inline]] inline __m512i rounded(Vec low, Vec high) {
  return reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(reinterpret_cast<__m512>(high), reinterpret_cast<__m512>(low)));
}

void round_row(const float* from, Bf16* to) { _mm512_store_si512(to, rounded(load(from), load(from + 16))); }

void to_pairs(ConstRows block, Bf16* left, Bf16* right) {
  using Halves = std::int16_t __attribute__((vector_size(64)));
  Halves order;
  for (int i = 0; i < 32; ++i) order[i] = static_cast<std::int16_t>(i / 2 + i % 2 * 16);
  const auto pairs = [&](const float* at) __attribute__((always_inline)) {
    return _mm512_permutexvar_epi16(reinterpret_cast<__m512i>(order), rounded(load(at), load(at + block.stride)));
  };
  const float* at = block.data;
  for (int r = 0; r < kBf16Block; r += 2, at += 2 * block.stride) {
    _mm512_store_si512(left + r * 16, pairs(at));
    _mm512_store_si512(right + r * 16, pairs(at + 16));
  }
}

[[gnu::always_inline]] inline Vec widened(const Bf16* at) {
  using Halves = std::uint16_t __attribute__((vector_size(2 * kLanes), may_alias));
  return from_bits(__builtin_convertvector(*reinterpret_cast<const Halves*>(at), IntVec) << 16);
}

/// Exact: a byte has 8 bits.
Bf16 number_of_byte(std::uint8_t byte) {
  const auto number = static_cast<float>(byte);
  std::uint32_t number_bits;
  __builtin_memcpy(&number_bits, &number, sizeof number);
  return static_cast<Bf16>(number_bits >> 16);
}

void interleave_four(const std::uint8_t* from, std::ptrdiff_t plane, Bf16* to) {
  const auto channel = [&](int c) __attribute__((always_inline)) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + c * plane));
  };
  const __m128i pairs[] = {_mm_unpacklo_epi8(channel(0), channel(1)), _mm_unpackhi_epi8(channel(0), channel(1))};
  const __m128i other_pairs[] = {_mm_unpacklo_epi8(channel(2), channel(3)), _mm_unpackhi_epi8(channel(2), channel(3))};
  // With masks of all numbers: g++ 12 warns of the undefined rest that the others have.
  const auto floats = [](__m128i bytes) __attribute__((always_inline)) {
    return reinterpret_cast<Vec>(_mm512_maskz_cvtepi32_ps(0xffff, _mm512_maskz_cvtepu8_epi32(0xffff, bytes)));
  };
  for (int half = 0; half < 2; ++half) {
    const Vec low = floats(_mm_unpacklo_epi16(pairs[half], other_pairs[half]));
    const Vec high = floats(_mm_unpackhi_epi16(pairs[half], other_pairs[half]));
    _mm512_storeu_si512(to + half * kBf16Block, rounded(low, high));
  }
}

#include "slm_lab/net/bf16_kernel_impl.inc"

}  // namespace

constexpr Bf16Kernels kBf16KernelsAmx = make_bf16_kernels("amx-bf16");

}  // namespace slm
