#pragma once

#include <Eigen/Core>

namespace slm {

// One convention everywhere: row-major, (batch, feature). One sample is one contiguous row, as environments write it,
// memories store it and NumPy sees it.
using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;  // (batch, feature)
using Vector = Eigen::VectorXf;                                                        // (batch)
using Mask = Eigen::Array<bool, Eigen::Dynamic, 1>;                                    // (batch)

/// A borrowed matrix, or a block of rows or columns of one; binding to either copies nothing.
using MatrixRef = Eigen::Ref<Matrix, 0, Eigen::OuterStride<>>;
using ConstMatrixRef = Eigen::Ref<const Matrix, 0, Eigen::OuterStride<>>;

/// The first `rows` rows of `storage`, which grows when it is too small and keeps its room when it is not: for batches
/// of changing size, so that only the largest so far allocates.
inline MatrixRef grown(Matrix& storage, Eigen::Index rows, Eigen::Index cols) {
  if (storage.rows() < rows || storage.cols() != cols) storage.resize(rows, cols);
  return storage.topRows(rows);
}

}  // namespace slm
