#pragma once

#include <cmath>

namespace slm {

/// x ** 2 as NumPy computes it for a scalar: pow(x, 2), which about once in a thousand times is one ulp off x * x. The
/// exponent is hidden from the compiler, which would turn the call into that product.
template <class Real>
Real numpy_square(Real x) {
  const volatile Real two = 2;
  return std::pow(x, two);
}

}  // namespace slm
