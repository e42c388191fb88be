// By vdpbf16ps of AVX-512: to each of 16 sums the products of a pair of numbers, first that of the odd one. Nothing
// here calls an inline function of a library (kernel_impl.inc says why).

#include <immintrin.h>

#include <utility>

#include "slm_lab/net/bf16_kernel.h"

namespace slm {
namespace {

#include "slm_lab/net/kernel_vector.inc"
//
#include "slm_lab/net/kernel_activation.inc"

void begin() {}
void end() {}

/// Rows of C that are summed at once, each in two registers: enough chains to hide an instruction's latency of six
/// cycles, and few enough that all stay in registers.
constexpr int kRowsAtOnce = 8;

[[gnu::always_inline]] inline __m512bh pairs_at(const Bf16* at) {
  return reinterpret_cast<__m512bh>(_mm512_load_si512(at));
}

/// The pair of a row for all columns.
[[gnu::always_inline]] inline __m512bh pair_at(const Bf16* at) {
  std::int32_t pair;
  __builtin_memcpy(&pair, at, sizeof pair);
  return reinterpret_cast<__m512bh>(_mm512_set1_epi32(pair));
}

void product_block(const Bf16* a, std::ptrdiff_t a_next, const Bf16* b, std::ptrdiff_t b_next, int k_blocks, int rows,
                   float* c, std::ptrdiff_t c_row) {
  for (int first = 0; first < kBf16Block; first += kRowsAtOnce) {
    const int steps = first < rows ? k_blocks : 0;  // nobody wants the rows behind
    __m512 left[kRowsAtOnce], right[kRowsAtOnce];
    for (int r = 0; r < kRowsAtOnce; ++r) left[r] = right[r] = _mm512_setzero_ps();
    const Bf16* in_rows = a + first / 16 * a_next + first % 16 * std::ptrdiff_t{kBf16Block};
    const Bf16* pairs = b;
    for (int k = 0; k < steps; ++k, in_rows += kBf16TileSize, pairs += kBf16TileSize)
      for (int pair = 0; pair < 16; ++pair) {
        const __m512bh left_pairs = pairs_at(pairs + pair * 32), right_pairs = pairs_at(pairs + b_next + pair * 32);
        for (int r = 0; r < kRowsAtOnce; ++r) {
          const __m512bh of_row = pair_at(in_rows + r * kBf16Block + 2 * pair);
          left[r] = _mm512_dpbf16_ps(left[r], of_row, left_pairs);
          right[r] = _mm512_dpbf16_ps(right[r], of_row, right_pairs);
        }
      }
    for (int r = 0; r < kRowsAtOnce; ++r) {
      _mm512_storeu_ps(c + (first + r) * c_row, left[r]);
      _mm512_storeu_ps(c + (first + r) * c_row + 16, right[r]);
    }
  }
}

#include "slm_lab/net/bf16_kernel_conversions.inc"
//
#include "slm_lab/net/bf16_kernel_impl.inc"

}  // namespace

constexpr Bf16Kernels kBf16KernelsAvx512 = make_bf16_kernels("avx512-bf16");

}  // namespace slm
