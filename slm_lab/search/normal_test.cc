#include "slm_lab/search/normal.h"

#include <gtest/gtest.h>

#include <cmath>
#include <utility>

namespace slm::normal_test {
namespace {

// scipy.special.ndtri
TEST(NormalQuantile, EqualsSciPys) {
  for (const auto& [share, x] : {std::pair{1e-300, -37.0470962993612},
                                 {1e-20, -9.262340089798409},
                                 {1e-9, -5.9978070150076865},
                                 {0.001, -3.090232306167813},
                                 {0.025, -1.9599639845400545},
                                 {0.3, -0.5244005127080409},
                                 {0.5, 0.0},
                                 {0.84, 0.994457883209753},
                                 {1 - 1e-9, 5.997807019601637}})
    EXPECT_NEAR(normal_quantile(share), x, 1e-13 * (1 + std::abs(x))) << share;
}

TEST(NormalQuantile, UndoesTheDistributionFunction) {
  for (double x = -8; x <= 5; x += 0.37) EXPECT_NEAR(normal_quantile(normal_cdf(x)), x, 1e-9) << x;
}

}  // namespace
}  // namespace slm::normal_test
