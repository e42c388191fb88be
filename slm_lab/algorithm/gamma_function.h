#pragma once

namespace slm {

/// The logarithm of the gamma function and its first two derivatives.
struct LogGamma {
  double value, digamma, trigamma;
};
/// At x > 0, to 1e-11 of the larger of each and 1. (libm has no derivatives, and its lgamma writes a global.)
LogGamma log_gamma(double x);

}  // namespace slm
