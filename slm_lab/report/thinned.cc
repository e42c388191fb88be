#include "slm_lab/report/thinned.h"

#include <algorithm>
#include <cmath>

#include "slm_lab/report/metrics.h"

namespace slm {

std::size_t stretch_of(std::size_t size, std::size_t max_points) {
  return std::max<std::size_t>(1, (size + max_points - 1) / max_points);
}

Thinned thinned(std::span<const double> x, std::span<const double> y, std::size_t stretch) {
  Thinned curve;
  curve.whole = stretch == 1;
  for (std::size_t begin = 0; begin < y.size(); begin += stretch) {
    const auto part = y.subspan(begin, std::min(stretch, y.size() - begin));
    double low = Scalars::kNone, high = Scalars::kNone;
    for (const double value : part) {
      low = std::fmin(low, value);  // the number where the other is NaN
      high = std::fmax(high, value);
    }
    curve.x.push_back(x[begin + part.size() - 1]);
    curve.y.push_back(mean(part));
    curve.low.push_back(low);
    curve.high.push_back(high);
  }
  return curve;
}

}  // namespace slm
