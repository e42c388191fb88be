#include "slm_lab/algorithm/gamma_function.h"

#include <cmath>

namespace slm {

// Stirling's series (Abramowitz and Stegun 6.1.41, 6.3.18, 6.4.12) where x is large, reached by
// Gamma(x + 1) = x Gamma(x): log Gamma(x) = log Gamma(x + n) - log(x (x + 1) ... (x + n - 1)).
LogGamma log_gamma(double x) {
  constexpr double kLarge = 8, kHalfLog2Pi = 0.91893853320467274;
  double product = 1, inverses = 0, squares = 0;
  for (; x < kLarge; x += 1) {
    const double inverse = 1 / x;
    product *= x;
    inverses += inverse;
    squares += inverse * inverse;
  }
  const double r = 1 / x, s = r * r, log_x = std::log(x);
  const double value =
      (x - 0.5) * log_x - x + kHalfLog2Pi + r * (1.0 / 12 - s * (1.0 / 360 - s * (1.0 / 1260 - s * (1.0 / 1680))));
  const double digamma =
      log_x - r / 2 - s * (1.0 / 12 - s * (1.0 / 120 - s * (1.0 / 252 - s * (1.0 / 240 - s * (1.0 / 132)))));
  const double trigamma =
      r + s / 2 + s * r * (1.0 / 6 - s * (1.0 / 30 - s * (1.0 / 42 - s * (1.0 / 30 - s * (5.0 / 66)))));
  return {value - std::log(product), digamma - inverses, trigamma + squares};
}

}  // namespace slm
