#include "slm_lab/report/pen.h"

#include <array>
#include <numbers>

namespace slm {

Pen::Pen(cairo_t* cairo) : cairo_(cairo) {
  cairo_font_options_t* options = cairo_font_options_create();
  cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
  cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
  cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
  cairo_set_font_options(cairo_, options);
  cairo_font_options_destroy(options);
  cairo_set_line_join(cairo_, CAIRO_LINE_JOIN_ROUND);
  cairo_set_line_cap(cairo_, CAIRO_LINE_CAP_ROUND);
}

void Pen::font(double size, bool bold) {
  cairo_select_font_face(cairo_, "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL,
                         bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
  cairo_set_font_size(cairo_, size);
}

double Pen::text_width(const std::string& text) {
  cairo_text_extents_t extents;
  cairo_text_extents(cairo_, text.c_str(), &extents);
  return extents.x_advance;
}

void Pen::text(double x, double y, const std::string& text, double align) {
  cairo_move_to(cairo_, x - align * text_width(text), y);
  cairo_show_text(cairo_, text.c_str());
}

void Pen::line(double x0, double y0, double x1, double y1, double width) {
  cairo_set_line_width(cairo_, width);
  cairo_move_to(cairo_, x0, y0);
  cairo_line_to(cairo_, x1, y1);
  cairo_stroke(cairo_);
}

void Pen::dashes(bool on, double width) {
  const std::array lengths = {4 * width, 3.4 * width};
  cairo_set_dash(cairo_, lengths.data(), on ? 2 : 0, 0);
}

void Pen::dot(double x, double y, double radius) {
  cairo_arc(cairo_, x, y, radius, 0, 2 * std::numbers::pi);
  cairo_fill(cairo_);
}

void Pen::ring(double x, double y, double radius, double width) {
  cairo_set_line_width(cairo_, width);
  cairo_new_sub_path(cairo_);
  cairo_arc(cairo_, x, y, radius, 0, 2 * std::numbers::pi);
  cairo_stroke(cairo_);
}

void Pen::cross(double x, double y, double radius, double width) {
  line(x - radius, y - radius, x + radius, y + radius, width);
  line(x - radius, y + radius, x + radius, y - radius, width);
}

}  // namespace slm
