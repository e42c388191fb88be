#include "slm_lab/report/scene_picture.h"

#include <cairo.h>
#include <fmt/format.h>

#include <memory>

#include "slm_lab/base/error.h"

namespace slm {
namespace {

constexpr int kSmallScreen = 256, kEnlarged = 3;

void set_color(cairo_t* cairo, Scene::Color color) {
  cairo_set_source_rgb(cairo, color.red / 255.0, color.green / 255.0, color.blue / 255.0);
}

void paint_shape(cairo_t* cairo, const Scene::Shape& shape) {
  set_color(cairo, shape.color);
  for (const Scene::Point& point : shape.points) cairo_line_to(cairo, point.x, point.y);
  if (shape.width == 0) {
    cairo_fill(cairo);
    return;
  }
  cairo_set_line_width(cairo, shape.width);
  if (shape.points.size() == 1) cairo_close_path(cairo);  // a line without length: its round ends are a disc
  cairo_stroke(cairo);
}

Picture screen_of(const Scene& scene) {
  const int times = scene.height <= kSmallScreen ? kEnlarged : 1;
  Picture picture{times * scene.width, times * scene.height, {}};
  picture.pixels.reserve(static_cast<std::size_t>(picture.width) * static_cast<std::size_t>(picture.height));
  for (int y = 0; y < picture.height; ++y)
    for (int x = 0; x < picture.width; ++x) {
      const std::uint8_t* rgb = &scene.screen[3 * static_cast<std::size_t>(y / times * scene.width + x / times)];
      picture.pixels.push_back(static_cast<std::uint32_t>(rgb[0] << 16 | rgb[1] << 8 | rgb[2]));
    }
  return picture;
}

}  // namespace

Picture paint_scene(const Scene& scene) {
  if (!scene.screen.empty()) return screen_of(scene);
  Picture picture{scene.width, scene.height, {}};
  picture.pixels.resize(static_cast<std::size_t>(scene.width) * static_cast<std::size_t>(scene.height));
  const std::unique_ptr<cairo_surface_t, decltype(&cairo_surface_destroy)> surface(
      cairo_image_surface_create_for_data(reinterpret_cast<unsigned char*>(picture.pixels.data()), CAIRO_FORMAT_RGB24,
                                          scene.width, scene.height, 4 * scene.width),
      &cairo_surface_destroy);
  const std::unique_ptr<cairo_t, decltype(&cairo_destroy)> cairo(cairo_create(surface.get()), &cairo_destroy);
  cairo_set_line_cap(cairo.get(), CAIRO_LINE_CAP_ROUND);
  cairo_set_line_join(cairo.get(), CAIRO_LINE_JOIN_ROUND);
  set_color(cairo.get(), scene.background);
  cairo_paint(cairo.get());
  for (const Scene::Shape& shape : scene.shapes) paint_shape(cairo.get(), shape);
  cairo_surface_flush(surface.get());
  if (const cairo_status_t status = cairo_status(cairo.get()); status != CAIRO_STATUS_SUCCESS)
    throw Error(ExitCode::defect, fmt::format("drawing a scene: {}", cairo_status_to_string(status)));
  return picture;
}

}  // namespace slm
