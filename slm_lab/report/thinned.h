#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace slm {

/// A curve in few points: of each stretch of equally many points the last x, the mean of y, and the lowest and highest
/// y. NaNs count nowhere; a stretch of nothing else is a NaN.
struct Thinned {
  std::vector<double> x, y, low, high;
  bool whole = true;  ///< every stretch is a single point
};

/// How many points a stretch has, so that `size` points give at most `max_points` stretches.
std::size_t stretch_of(std::size_t size, std::size_t max_points);

/// In stretches of `stretch` points from the first on; the last may be shorter. x and y have the same size.
Thinned thinned(std::span<const double> x, std::span<const double> y, std::size_t stretch);

}  // namespace slm
