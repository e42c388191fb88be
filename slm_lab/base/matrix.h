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

}  // namespace slm
