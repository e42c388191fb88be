#include "slm_lab/algorithm/gamma_function.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace slm::gamma_function_test {
namespace {

constexpr double kPi = std::numbers::pi, kEuler = std::numbers::egamma;

TEST(LogGamma, HasTheKnownValues) {
  EXPECT_NEAR(log_gamma(1).value, 0, 1e-11);
  EXPECT_NEAR(log_gamma(5).value, std::log(24), 1e-11);
  EXPECT_NEAR(log_gamma(0.5).value, std::log(kPi) / 2, 1e-11);
  EXPECT_NEAR(log_gamma(1).digamma, -kEuler, 1e-11);
  EXPECT_NEAR(log_gamma(4).digamma, 1 + 1.0 / 2 + 1.0 / 3 - kEuler, 1e-11);
  EXPECT_NEAR(log_gamma(0.5).digamma, -2 * std::numbers::ln2 - kEuler, 1e-11);
  EXPECT_NEAR(log_gamma(1).trigamma, kPi * kPi / 6, 1e-11);
  EXPECT_NEAR(log_gamma(3).trigamma, kPi * kPi / 6 - 1 - 1.0 / 4, 1e-11);
  EXPECT_NEAR(log_gamma(0.5).trigamma, kPi * kPi / 2, 1e-11);
}

TEST(LogGamma, IsThatOfTheLibraryFromSmallToLarge) {
  for (double x = 0.25; x < 1e8; x *= 1.1)
    EXPECT_NEAR(log_gamma(x).value, std::lgamma(x), 1e-11 * std::max(1.0, std::lgamma(x))) << x;
}

// Central differences of the one before: the step's square times the third derivative, about 2 / x^3, is below 1e-8.
TEST(LogGamma, HasItsDerivatives) {
  constexpr double kStep = 1e-4;
  for (double x = 1; x < 1e3; x *= 1.3) {
    const LogGamma above = log_gamma(x + kStep), below = log_gamma(x - kStep), at = log_gamma(x);
    EXPECT_NEAR(at.digamma, (above.value - below.value) / (2 * kStep), 5e-8) << x;
    EXPECT_NEAR(at.trigamma, (above.digamma - below.digamma) / (2 * kStep), 5e-8) << x;
  }
}

}  // namespace
}  // namespace slm::gamma_function_test
