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

void product_block(const Bf16* a, std::ptrdiff_t a_next, const Bf16* b, std::ptrdiff_t b_next, int k_blocks, int,
                   float* c, std::ptrdiff_t c_row) {
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

#include "slm_lab/net/bf16_kernel_conversions.inc"
//
#include "slm_lab/net/bf16_kernel_impl.inc"

}  // namespace

constexpr Bf16Kernels kBf16KernelsAmx = make_bf16_kernels("amx-bf16");

}  // namespace slm
