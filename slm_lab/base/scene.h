#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace slm {

/// What an environment looks like at one moment, for whoever watches: shapes in pixels, x to the right and y down,
/// from the back to the front. Environments say what is there; report/scene_picture.h paints it.
struct Scene {
  struct Color {
    std::uint8_t red = 0, green = 0, blue = 0;
  };
  struct Point {
    double x = 0, y = 0;
  };
  /// A filled polygon, or, with a width, a line with round ends through the points; of one point: a disc.
  struct Shape {
    std::vector<Point> points;
    Color color;
    double width = 0;  ///< of the line, the diameter of the disc
  };

  int width = 0, height = 0;
  double frames_per_second = 0;  ///< at which it moves as fast as in nature
  Color background = {255, 255, 255};
  std::vector<Shape> shapes = {};
  std::vector<std::uint8_t> screen = {};  ///< (height, width, 3)  what an emulator shows, in the place of shapes

  void polygon(std::vector<Point> points, Color color) { shapes.push_back({std::move(points), color}); }
  void line(std::vector<Point> points, double line_width, Color color) {
    shapes.push_back({std::move(points), color, line_width});
  }
  void disc(Point centre, double radius, Color color) { shapes.push_back({{centre}, color, 2 * radius}); }
};

}  // namespace slm
