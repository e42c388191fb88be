#pragma once

#include "slm_lab/base/matrix.h"
#include "slm_lab/net/kernel.h"
#include "slm_lab/net/parameters.h"

namespace slm {

/// The rows of a matrix, padded as the kernel wants them.
struct PaddedRows {
  explicit PaddedRows(const Matrix& m)
      : n(static_cast<int>(m.rows())),
        width(static_cast<int>(m.cols())),
        buffer(static_cast<std::size_t>(n * kernel_padded(width))) {
    for (int i = 0; i < n; ++i)
      for (int c = 0; c < width; ++c) rows().data[i * rows().stride + c] = m(i, c);
  }
  Rows rows() { return {buffer.data(), kernel_padded(width)}; }
  float* data() { return buffer.data(); }
  Matrix matrix() { return Eigen::Map<Matrix, 0, Eigen::OuterStride<>>(data(), n, width, {rows().stride}); }
  bool padding_is_zero() {
    for (int i = 0; i < n; ++i)
      for (int c = width; c < rows().stride; ++c)
        if (rows().data[i * rows().stride + c] != 0) return false;
    return true;
  }

  int n, width;
  AlignedBuffer buffer;
};

/// d loss / d at, by central differences in double.
template <class Loss>
double slope(double& at, Loss loss) {
  constexpr double kStep = 1e-5;  // a term of order kStep^2 is left out
  const double before = at;
  at = before + kStep;
  const double above = loss();
  at = before - kStep;
  const double below = loss();
  at = before;
  return (above - below) / (2 * kStep);
}

}  // namespace slm
