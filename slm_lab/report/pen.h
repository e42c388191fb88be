#pragma once

#include <cairo.h>

#include <string>

#include "slm_lab/report/palette.h"

namespace slm {

struct Rectangle {
  double left, top, right, bottom;
  double width() const { return right - left; }
  double height() const { return bottom - top; }
};

inline constexpr Color kInk = rgb(0x1f2937), kGrey = rgb(0x6b7280), kGrid = rgb(0xe5e7eb), kZero = rgb(0x9ca3af);
inline constexpr Color kWhite = rgb(0xffffff);

/// A cairo context with the few strokes that a picture is made of.
class Pen {
 public:
  explicit Pen(cairo_t* cairo);

  cairo_t* raw() { return cairo_; }
  void color(Color c, double opacity = 1) { cairo_set_source_rgba(cairo_, c.red, c.green, c.blue, opacity); }
  void font(double size, bool bold = false);
  double text_width(const std::string& text);
  /// `align` 0: x is the left end of the text, 0.5: the middle, 1: the right end; y is the baseline.
  void text(double x, double y, const std::string& text, double align = 0);
  void line(double x0, double y0, double x1, double y1, double width);
  void dashes(bool on, double width);  ///< of lines to come
  void dot(double x, double y, double radius);
  void ring(double x, double y, double radius, double width);
  void cross(double x, double y, double radius, double width);

 private:
  cairo_t* cairo_;
};

}  // namespace slm
