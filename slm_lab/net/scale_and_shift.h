#pragma once

#include <algorithm>

#include "slm_lab/net/kernel.h"

namespace slm {

/// Sums over n rows of term(row, column), for each of `width` columns: of 512 rows at a time, and then of these. (In
/// one float, the sum of a hundred thousand numbers of one sign, such as all pixels of a batch of images, loses three
/// of its seven digits.)
template <class Term>
void sum_in_blocks(int n, int width, float* sums, const Term& term) {
  constexpr int kRows = 512, kColumns = 64;
  std::fill_n(sums, width, 0.0f);
  for (int column = 0; column < width; column += kColumns)
    for (int row = 0; row < n; row += kRows) {
      float of_block[kColumns] = {};
      const int columns = std::min(kColumns, width - column), end = std::min(n, row + kRows);
      for (int i = row; i < end; ++i)
        for (int c = 0; c < columns; ++c) of_block[c] += term(i, column + c);
      for (int c = 0; c < columns; ++c) sums[column + c] += of_block[c];
    }
}

/// y = scale * x + shift of each column; x, y (n, padded_width), y may be x; scale, shift (padded_width).
void scale_and_shift(int n, int padded_width, ConstRows x, const float* scale, const float* shift, Rows y);

/// d_scale = column sums of dy * x, d_shift = column sums of dy; x, dy (n, width), d_scale, d_shift (width).
void scale_and_shift_backward(int n, int width, ConstRows x, ConstRows dy, float* d_scale, float* d_shift);

}  // namespace slm
