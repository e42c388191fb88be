#include "slm_lab/report/png.h"

#include <cairo.h>
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <memory>
#include <random>
#include <vector>

namespace slm::png_test {
namespace {

struct Reader {
  std::string_view left;
  static cairo_status_t read(void* self, unsigned char* to, unsigned length) {
    auto& left = static_cast<Reader*>(self)->left;
    if (length > left.size()) return CAIRO_STATUS_READ_ERROR;
    std::memcpy(to, left.data(), length);
    left.remove_prefix(length);
    return CAIRO_STATUS_SUCCESS;
  }
};

TEST(EncodePng, AnotherDecoderReadsThePixels) {
  constexpr int kWidth = 37, kHeight = 21;
  std::vector<std::uint32_t> pixels(kWidth * kHeight);
  std::mt19937 random(1);
  for (std::uint32_t& pixel : pixels) pixel = random() & 0xffffff;
  const std::string png = encode_png(pixels, kWidth, kHeight);

  Reader reader{png};
  const std::unique_ptr<cairo_surface_t, decltype(&cairo_surface_destroy)> image(
      cairo_image_surface_create_from_png_stream(Reader::read, &reader), &cairo_surface_destroy);
  ASSERT_EQ(cairo_surface_status(image.get()), CAIRO_STATUS_SUCCESS);
  ASSERT_EQ(cairo_image_surface_get_width(image.get()), kWidth);
  ASSERT_EQ(cairo_image_surface_get_height(image.get()), kHeight);
  EXPECT_TRUE(reader.left.empty());
  const int stride = cairo_image_surface_get_stride(image.get());
  for (int y = 0; y < kHeight; ++y)
    for (int x = 0; x < kWidth; ++x) {
      std::uint32_t pixel;
      std::memcpy(&pixel, cairo_image_surface_get_data(image.get()) + y * stride + 4 * x, 4);
      ASSERT_EQ(pixel & 0xffffff, pixels[y * kWidth + x]) << x << ", " << y;
    }
}

}  // namespace
}  // namespace slm::png_test
