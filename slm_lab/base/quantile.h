#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <limits>
#include <vector>

namespace slm {

/// The value below which a share of `q` in [0, 1] of the `sorted` numbers lies, linear between neighbours. At least one
/// number, none of them NaN.
template <std::floating_point Real>
Real quantile(const std::vector<Real>& sorted, double q) {
  const double position = q * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  const auto share = static_cast<Real>(position - static_cast<double>(below));
  return sorted[below] + share * (sorted[above] - sorted[below]);
}

/// The number in the middle, or the mean of the two that are; NaN of none. None of `values` is NaN.
inline double median(std::vector<double> values) {
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  std::ranges::sort(values);
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

}  // namespace slm
