#include "slm_lab/report/scene_picture.h"

#include <gtest/gtest.h>

namespace slm::scene_picture_test {
namespace {

std::uint32_t pixel(const Picture& picture, int x, int y) { return picture.pixels[y * picture.width + x] & 0xffffff; }

TEST(PaintScene, PaintsShapesFromTheBackToTheFront) {
  Scene scene{40, 20, 50, {1, 2, 3}};
  scene.polygon({{10, 5}, {30, 5}, {30, 15}, {10, 15}}, {255, 0, 0});
  scene.disc({20, 10}, 4, {0, 255, 0});
  scene.line({{0, 18}, {40, 18}}, 2, {0, 0, 255});
  const Picture picture = paint_scene(scene);
  EXPECT_EQ(picture.width, 40);
  EXPECT_EQ(picture.height, 20);
  EXPECT_EQ(pixel(picture, 2, 2), 0x010203u);
  EXPECT_EQ(pixel(picture, 12, 7), 0xff0000u);
  EXPECT_EQ(pixel(picture, 20, 10), 0x00ff00u);
  EXPECT_EQ(pixel(picture, 17, 10), 0x00ff00u) << "the disc is round, and 8 wide";
  EXPECT_EQ(pixel(picture, 14, 10), 0xff0000u);
  EXPECT_EQ(pixel(picture, 5, 17), 0x0000ffu);
  EXPECT_EQ(pixel(picture, 5, 15), 0x010203u);
}

TEST(PaintScene, EnlargesTheScreenOfAnEmulator) {
  Scene scene{2, 1, 15};
  scene.screen = {10, 20, 30, 40, 50, 60};
  const Picture picture = paint_scene(scene);
  ASSERT_EQ(picture.width, 6);
  ASSERT_EQ(picture.height, 3);
  for (int y = 0; y < 3; ++y)
    for (int x = 0; x < 6; ++x) EXPECT_EQ(pixel(picture, x, y), x < 3 ? 0x0a141eu : 0x28323cu);
}

}  // namespace
}  // namespace slm::scene_picture_test
