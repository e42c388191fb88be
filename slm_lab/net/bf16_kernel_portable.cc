// The same bits as AMX and as AVX-512, by what any processor has: the arithmetic of their products, number by number.

#include <cmath>
#include <cstring>
#include <utility>

#include "slm_lab/net/bf16_kernel.h"

namespace slm {
namespace {

#include "slm_lab/net/kernel_vector.inc"
//
#include "slm_lab/net/kernel_activation.inc"

void begin() {}
void end() {}

/// Both take denormal numbers for 0 and make none, whatever the mode of the thread.
float flushed(float x) { return std::fpclassify(x) == FP_SUBNORMAL ? std::copysign(0.0f, x) : x; }

float to_float(Bf16 x) {
  const std::uint32_t bits = std::uint32_t{x} << 16;
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return flushed(value);
}

/// To nearest, of two equally near ones to the even one.
Bf16 to_bf16(float x) {
  std::uint32_t bits;
  x = flushed(x);
  std::memcpy(&bits, &x, sizeof bits);
  if (std::isnan(x)) return static_cast<Bf16>(bits >> 16 | 0x40);  // quiet
  return static_cast<Bf16>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

float fused(Bf16 a, Bf16 b, float sum) { return flushed(std::fmaf(to_float(a), to_float(b), sum)); }

void round_row(const float* from, Bf16* to) {
  for (int c = 0; c < kBf16Block; ++c) to[c] = to_bf16(from[c]);
}

void to_pairs(ConstRows block, Bf16* left, Bf16* right) {
  for (int r = 0; r < kBf16Block; ++r)
    for (int c = 0; c < 16; ++c) {
      const int at = r / 2 * 32 + 2 * c + r % 2;
      left[at] = to_bf16(block.data[r * block.stride + c]);
      right[at] = to_bf16(block.data[r * block.stride + 16 + c]);
    }
}

Vec widened(const Bf16* at) {
  float lanes[kLanes];
  for (int i = 0; i < kLanes; ++i) lanes[i] = to_float(at[i]);
  return load(lanes);
}

Bf16 number_of_byte(std::uint8_t byte) { return to_bf16(static_cast<float>(byte)); }

void interleave_four(const std::uint8_t* from, std::ptrdiff_t plane, Bf16* to) {
  for (int i = 0; i < 64; ++i) to[i] = number_of_byte(from[i % 4 * plane + i / 4]);
}

// One for each order in which sums are made. The files that each includes call add_products(total, row, pairs): total
// with the products of 32 numbers of a row form and a column of a pair form.

namespace in_order_of_amx {

/// The even ones and the odd ones are summed apart, then added to what there was.
float add_products(float total, const Bf16* row, const Bf16* pairs) {
  float sum[2] = {};
  for (int pair = 0; pair < 16; ++pair)
    for (int odd = 0; odd < 2; ++odd) sum[odd] = fused(row[2 * pair + odd], pairs[32 * pair + odd], sum[odd]);
  return flushed(total + flushed(sum[0] + sum[1]));
}

#include "slm_lab/net/bf16_kernel_portable.inc"
//
#include "slm_lab/net/bf16_kernel_impl.inc"

}  // namespace in_order_of_amx

namespace in_order_of_avx512 {

/// Pair by pair, the odd one first.
float add_products(float total, const Bf16* row, const Bf16* pairs) {
  for (int pair = 0; pair < 16; ++pair)
    for (const int odd : {1, 0}) total = fused(row[2 * pair + odd], pairs[32 * pair + odd], total);
  return total;
}

#include "slm_lab/net/bf16_kernel_portable.inc"
//
#include "slm_lab/net/bf16_kernel_impl.inc"

}  // namespace in_order_of_avx512

}  // namespace

constexpr Bf16Kernels kBf16KernelsPortableAmx = in_order_of_amx::make_bf16_kernels("portable-amx-bf16");
constexpr Bf16Kernels kBf16KernelsPortableAvx512 = in_order_of_avx512::make_bf16_kernels("portable-avx512-bf16");

}  // namespace slm
