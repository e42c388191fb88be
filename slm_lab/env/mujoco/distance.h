#pragma once

#include <array>
#include <cmath>
#include <span>

namespace slm {

/// a - b of two points.
inline std::array<double, 3> difference(std::span<const double> a, std::span<const double> b) {
  return {a[0] - b[0], a[1] - b[1], a[2] - b[2]};
}

/// As numpy.linalg.norm, whose last bit depends on the processor: BLAS may or may not fuse its products and sums.
inline double length(std::span<const double> vector) {
  double square = 0;
  for (const double value : vector) square += value * value;
  return std::sqrt(square);
}

}  // namespace slm
