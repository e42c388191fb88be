#include "slm_lab/base/space.h"

#include <gtest/gtest.h>

namespace slm {
namespace {

TEST(Space, AnImageHasAxesAndBytes) {
  Space image = Space::box(std::vector<float>(6, 0), std::vector<float>(6, 255));
  EXPECT_FALSE(image.is_image());  // one axis
  image.shape = {2, 3};
  EXPECT_TRUE(image.is_image());
  image.high.back() = 1;
  EXPECT_FALSE(image.is_image());
  EXPECT_FALSE(Space::discrete(256).is_image());
}

}  // namespace
}  // namespace slm
