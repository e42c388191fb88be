#include "slm_lab/base/space.h"

#include <gtest/gtest.h>

namespace slm::space_test {
namespace {

TEST(Space, AnImageHasAxesAndBytes) {
  const Space image = Space::bytes({2, 3});
  EXPECT_TRUE(image.is_image());
  EXPECT_EQ(image.low, std::vector<float>(6, 0));
  EXPECT_EQ(image.high, std::vector<float>(6, 255));
  EXPECT_FALSE(Space::bytes({6}).is_image());  // one axis
  Space floats = Space::box(image.low, image.high);
  floats.shape = image.shape;
  EXPECT_FALSE(floats.is_image());
  EXPECT_FALSE(Space::discrete(256).is_image());
}

TEST(Space, ARowTakesAByteOrAFloatPerElement) {
  EXPECT_EQ(Space::bytes({2, 3}).row_bytes(), 6);
  EXPECT_EQ(Space::row(6).row_bytes(), 24);
  EXPECT_EQ(Space::discrete(3).row_bytes(), 4);
}

}  // namespace
}  // namespace slm::space_test
