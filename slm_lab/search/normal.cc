#include "slm_lab/search/normal.h"

#include <cmath>
#include <numbers>

#include "slm_lab/base/error.h"

namespace slm {

double normal_cdf(double x) { return 0.5 * std::erfc(-x / std::numbers::sqrt2); }

// Newton's method on the logarithm of the distribution function. That is concave, so that from the first step on every
// iterate lies below the root and none goes back.
double normal_quantile(double share) {
  ensure(share > 0 && share < 1, "normal_quantile: a share lies in (0, 1)");
  if (share > 0.5) return -normal_quantile(1 - share);
  const double wanted = std::log(share);
  double x = -std::sqrt(-2 * wanted);
  for (int iteration = 0; iteration < 50; ++iteration) {
    const double mass = normal_cdf(x);
    const double density = std::exp(-0.5 * x * x) * std::numbers::inv_sqrtpi / std::numbers::sqrt2;
    const double step = (wanted - std::log(mass)) * mass / density;
    x += step;
    if (std::abs(step) <= 1e-15 * std::abs(x)) break;
  }
  return x;
}

}  // namespace slm
