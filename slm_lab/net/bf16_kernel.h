#pragma once

#include <cstddef>
#include <cstdint>

#include "slm_lab/net/activation.h"
#include "slm_lab/net/kernel.h"

namespace slm {

/// The upper half of a float: its sign and exponent, and 8 bits of precision.
using Bf16 = std::uint16_t;

/// Matrices of bf16 lie in tiles of 16 x 32 numbers, one after the other: strides never alias and everything is
/// aligned. Rows and columns are padded to whole blocks of 32 x 32, of two tiles each, with zeros.
inline constexpr int kBf16Block = 32, kBf16TileSize = 512;
constexpr int bf16_blocks(int size) { return (size + kBf16Block - 1) / kBf16Block; }
/// Numbers of a matrix of so many blocks.
constexpr std::size_t bf16_size(int row_blocks, int col_blocks) {
  return static_cast<std::size_t>(row_blocks) * static_cast<std::size_t>(col_blocks) * (2 * kBf16TileSize);
}

/// The forms of one matrix X in which products take it, in the order of their tiles; nullptr: not wanted.
///
/// Row form, for the left factor: 16 rows of 32 columns. Pair form, for the right factor: 32 rows of 16 columns, two
/// rows side by side (column 0 of rows 0 and 1, column 1 of rows 0 and 1, ...). A product's inner index runs along a
/// row form and down a pair form.
struct Bf16Forms {
  int row_blocks, col_blocks;  // of X
  Bf16* rows = nullptr;
  Bf16* pairs = nullptr;
  Bf16* transposed_rows = nullptr;   // of X^T
  Bf16* transposed_pairs = nullptr;  // of X^T

  /// The same from a block of rows on.
  Bf16Forms from_row_block(int i) const {
    Bf16Forms forms = *this;
    const auto across = static_cast<std::ptrdiff_t>(bf16_size(i, col_blocks)), down = i * std::ptrdiff_t{kBf16TileSize};
    if (rows != nullptr) forms.rows += across;
    if (transposed_pairs != nullptr) forms.transposed_pairs += across;
    if (pairs != nullptr) forms.pairs += down;
    if (transposed_rows != nullptr) forms.transposed_rows += down;
    return forms;
  }
  /// The same from a block of columns on.
  Bf16Forms from_col_block(int j) const {
    Bf16Forms forms = *this;
    const auto across = j * std::ptrdiff_t{kBf16TileSize}, down = static_cast<std::ptrdiff_t>(bf16_size(row_blocks, j));
    if (rows != nullptr) forms.rows += across;
    if (transposed_pairs != nullptr) forms.transposed_pairs += across;
    if (pairs != nullptr) forms.pairs += down;
    if (transposed_rows != nullptr) forms.transposed_rows += down;
    return forms;
  }
};

/// C (m, n) = A B in blocks, with k_blocks of the inner index.
struct Bf16Product {
  int m_blocks, n_blocks, k_blocks;
  const Bf16* a;  // row form
  const Bf16* b;  // pair form
};

/// What the outputs of a convolution see of images: windows of a few places, at each place so many blocks of 32
/// numbers. An output is a row; a row of windows lists the blocks of each place in turn.
struct Bf16Windows {
  int places, blocks;
  const std::int32_t* at;  // (rows, places): where in `from` the first block of a place begins; below 0: zeros
  const Bf16* from;
  std::ptrdiff_t next;  // numbers from one block of a place to the next
};

/// Products of bf16 with float32 sums, for dense layers and convolutions. Every element is one chain over the inner
/// index, of AMX in steps of two sums of 16, of AVX-512 pair by pair: each has its own last bits, and a row of C does
/// not depend on how many rows there are. Denormal numbers are 0. Nothing allocates.
struct Bf16Kernels {
  const char* name;  ///< "amx-bf16", "avx512-bf16", or what has the same bits everywhere, for tests: it is slow

  /// Around all others, in each thread.
  void (*begin)();
  void (*end)();

  /// x (rows, cols), read exactly, rounded to nearest even.
  void (*pack)(int rows, int cols, ConstRows x, const Bf16Forms& to);
  /// c (m, n) = A B + bias, written exactly; bias (n) may be nullptr.
  void (*product)(const Bf16Product& p, int m, int n, const float* bias, Rows c);
  /// y = activation(A B + bias), with bias (n), of m rows; the others of their last block are of no use. `slopes`, in
  /// row form, are the derivatives there; nullptr where backward_input takes y for them (bf16_keeps_outputs).
  void (*forward)(const Bf16Product& p, int m, int n, const float* bias, Activation activation, const Bf16Forms& y,
                  Bf16* slopes);
  /// d = A B * derivative of the activation; `kept` as forward left it, y or slopes in row form. The column sums
  /// of d before it is rounded are added to `sums`, of n_blocks blocks; it may be nullptr.
  void (*backward_input)(const Bf16Product& p, Activation activation, const Bf16* kept, const Bf16Forms& d,
                         float* sums);
  /// The same of a given matrix (rows, cols) in place of A B.
  void (*through_activation)(int rows, int cols, ConstRows matrix, Activation activation, const Bf16* kept,
                             const Bf16Forms& d, float* sums);

  // Of convolutions (bf16_kernel_conv.inc).

  /// Pixels of a row from `channels` planes, `plane` numbers apart, side by side: to (n, channels). Bytes are exact.
  void (*interleave_bytes)(int n, int channels, const std::uint8_t* from, std::ptrdiff_t plane, Bf16* to);
  void (*interleave_floats)(int n, int channels, const float* from, std::ptrdiff_t plane, Bf16* to);
  /// The windows of n <= 32 rows, one block of rows, in row form; rows behind them are zeros.
  void (*gather)(int n, const Bf16Windows& windows, Bf16* rows);
  /// One place of the windows of n rows in pair form (blocks of n x blocks); rows behind them are zeros.
  void (*gather_pairs)(int n, const Bf16Windows& windows, int place, Bf16* pairs);
  /// The inverse for gradients: what A B (n, places * blocks) has for a place is added to the numbers at
  /// to[at[row][place]], block after block.
  void (*scatter)(const Bf16Product& p, int n, int places, const std::int32_t* at, float* to);
  /// c += A B, whole blocks.
  void (*add_product)(const Bf16Product& p, Rows c);
  /// The first columns of a matrix in row form as floats: to (rows, cols).
  void (*unpack)(int rows, int cols, const Bf16* from, int col_blocks, Rows to);
};

/// Activations whose derivative is known from the rounded output; of the others the derivative itself is kept, since
/// rounding an output near a bound changes it a lot.
constexpr bool bf16_keeps_outputs(Activation activation) {
  return activation == Activation::relu || activation == Activation::identity;
}

/// The build that gains on this processor: by AMX, or by AVX-512 where its products of bf16 are twice as fast as those
/// of float32. Nullptr where there is none, or the system does not let this program use it.
const Bf16Kernels* bf16_kernels();
/// What bf16_kernels() misses, in words; empty where it has a build.
const char* bf16_missing();

extern const Bf16Kernels kBf16KernelsAmx;     ///< of bf16_kernels() alone: other processors stop at it
extern const Bf16Kernels kBf16KernelsAvx512;  ///< of processors with avx512bf16
// They run everywhere:
extern const Bf16Kernels kBf16KernelsPortableAmx, kBf16KernelsPortableAvx512;

}  // namespace slm
