#include "slm_lab/search/sobol.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace slm::sobol_test {
namespace {

std::vector<double> point(std::uint32_t index, int dimensions) {
  std::vector<double> out;
  for (int d = 0; d < dimensions; ++d) out.push_back(sobol_bits(index, d) * 0x1p-32);
  return out;
}

// scipy.stats.qmc.Sobol(d=21, scramble=False).random(1024), the first six dimensions and then all of it as one number.
TEST(Sobol, PointsAreSciPys) {
  using testing::ElementsAre;
  EXPECT_THAT(point(0, 6), ElementsAre(0, 0, 0, 0, 0, 0));
  EXPECT_THAT(point(1, 6), ElementsAre(0.5, 0.5, 0.5, 0.5, 0.5, 0.5));
  EXPECT_THAT(point(2, 6), ElementsAre(0.75, 0.25, 0.25, 0.25, 0.75, 0.75));
  EXPECT_THAT(point(3, 6), ElementsAre(0.25, 0.75, 0.75, 0.75, 0.25, 0.25));
  EXPECT_THAT(point(7, 6), ElementsAre(0.125, 0.625, 0.375, 0.125, 0.125, 0.375));
  std::uint64_t fnv1a = 0xcbf29ce484222325u;
  for (std::uint32_t index = 0; index < 1024; ++index)
    for (int d = 0; d < kSobolDimensions; ++d) fnv1a = (fnv1a ^ sobol_bits(index, d)) * 0x100000001b3u;
  EXPECT_EQ(fnv1a, 0xefe58b189c26b325u);
}

}  // namespace
}  // namespace slm::sobol_test
