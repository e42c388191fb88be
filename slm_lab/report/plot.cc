#include "slm_lab/report/plot.h"

#include <cairo-svg.h>
#include <cairo.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <regex>

#include "slm_lab/base/error.h"
#include "slm_lab/report/axis.h"
#include "slm_lab/report/png.h"

namespace slm {
namespace {

constexpr double kWidth = 1000, kHeight = 600, kMargin = 28;
constexpr int kPixelsPerUnit = 2;
constexpr int kPixelWidth = 1000 * kPixelsPerUnit, kPixelHeight = 600 * kPixelsPerUnit;  // a row has no padding
constexpr double kTickText = 12.5, kLegendText = 13.5, kLabelText = 13;
constexpr Color kInk = rgb(0x1f2937), kGrey = rgb(0x6b7280), kGrid = rgb(0xe5e7eb), kZero = rgb(0x9ca3af);
constexpr Color kWhite = rgb(0xffffff);

struct Rectangle {
  double left, top, right, bottom;
};

/// A cairo context with the few strokes that a plot is made of.
class Pen {
 public:
  explicit Pen(cairo_t* cairo) : cairo_(cairo) {
    cairo_font_options_t* options = cairo_font_options_create();
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    cairo_set_font_options(cairo_, options);
    cairo_font_options_destroy(options);
    cairo_set_line_join(cairo_, CAIRO_LINE_JOIN_ROUND);
    cairo_set_line_cap(cairo_, CAIRO_LINE_CAP_ROUND);
  }

  cairo_t* raw() { return cairo_; }
  void color(Color c, double opacity = 1) { cairo_set_source_rgba(cairo_, c.red, c.green, c.blue, opacity); }
  void font(double size, bool bold = false) {
    cairo_select_font_face(cairo_, "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL,
                           bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(cairo_, size);
  }
  double text_width(const std::string& text) {
    cairo_text_extents_t extents;
    cairo_text_extents(cairo_, text.c_str(), &extents);
    return extents.x_advance;
  }
  /// `align` 0: x is the left end of the text, 0.5: the middle, 1: the right end; y is the baseline.
  void text(double x, double y, const std::string& text, double align = 0) {
    cairo_move_to(cairo_, x - align * text_width(text), y);
    cairo_show_text(cairo_, text.c_str());
  }
  void line(double x0, double y0, double x1, double y1, double width) {
    cairo_set_line_width(cairo_, width);
    cairo_move_to(cairo_, x0, y0);
    cairo_line_to(cairo_, x1, y1);
    cairo_stroke(cairo_);
  }
  void dot(double x, double y, double radius) {
    cairo_arc(cairo_, x, y, radius, 0, 2 * 3.14159265358979);
    cairo_fill(cairo_);
  }

 private:
  cairo_t* cairo_;
};

struct Range {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  void include(double value) {
    if (!std::isfinite(value)) return;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  Range or_unit() const { return low <= high ? *this : Range{0, 1}; }
};

double band_at(const PlotSeries& series, std::size_t i) {
  const double band = series.band.empty() ? 0 : series.band[i];
  return std::isfinite(band) ? band : 0;
}

Range x_range(const Plot& plot) {
  Range range;
  range.include(0);  // training starts there
  for (const PlotSeries& series : plot.series)
    for (const double x : series.x) range.include(x);
  return range.high > range.low ? range : Range{0, 1};
}

Range y_range(const Plot& plot) {
  Range range;
  if (plot.target) range.include(*plot.target);
  for (const PlotSeries& series : plot.series)
    for (std::size_t i = 0; i < series.y.size(); ++i) {
      range.include(series.y[i] - band_at(series, i));
      range.include(series.y[i] + band_at(series, i));
    }
  return range.or_unit();
}

/// The last point of a curve that is a number, or its size.
std::size_t last_point(const PlotSeries& series) {
  for (std::size_t i = series.y.size(); i-- > 0;)
    if (std::isfinite(series.y[i])) return i;
  return series.y.size();
}

struct EndLabel {
  double y;  // where the text is, after it was moved away from others
  std::string text;
  Color color;
};

/// Moves labels apart that would overlap, keeping their order and staying inside the box.
void spread_out(std::vector<EndLabel>& labels, const Rectangle& box) {
  constexpr double kSpace = 16;
  std::stable_sort(labels.begin(), labels.end(), [](const EndLabel& a, const EndLabel& b) { return a.y < b.y; });
  for (std::size_t i = 1; i < labels.size(); ++i) labels[i].y = std::max(labels[i].y, labels[i - 1].y + kSpace);
  double lowest = box.bottom;
  for (std::size_t i = labels.size(); i-- > 0; lowest -= kSpace) labels[i].y = std::min(labels[i].y, lowest);
}

/// Draws one plot: first the layout, from text sizes and data, then back to front.
class Painter {
 public:
  Painter(const Plot& plot, cairo_t* cairo)
      : plot_(plot), pen_(cairo), x_(x_range(plot)), x_ticks_(ticks_inside(x_.low, x_.high, 9)) {
    set_y_axis(y_range(plot));
  }

  void paint() {
    pen_.color(kWhite);
    cairo_paint(pen_.raw());
    const double header_bottom = draw_header();
    lay_out(header_bottom);
    draw_grid();
    draw_target();
    cairo_save(pen_.raw());
    cairo_rectangle(pen_.raw(), box_.left, box_.top - 2, box_.right - box_.left + 2, box_.bottom - box_.top + 4);
    cairo_clip(pen_.raw());
    for (const PlotSeries& series : plot_.series) draw_band(series);
    for (const PlotSeries& series : plot_.series) draw_curve(series);
    cairo_restore(pen_.raw());
    draw_end_labels();
  }

 private:
  /// From tick to tick, but no further than the data where most of an interval would stay empty.
  void set_y_axis(const Range& data) {
    y_ticks_ = ticks_around(data.low, data.high, 8);
    const double near = 0.45 * y_ticks_.step, room = 0.03 * (data.high - data.low);
    std::vector<double>& values = y_ticks_.values;
    y_ = {values.front(), values.back()};
    if (values.size() > 3 && values.front() != 0 && data.low - values.front() > near) {
      values.erase(values.begin());
      y_.low = std::min(data.low - room, values.front());
    }
    if (values.size() > 3 && values.back() != 0 && values.back() - data.high > near) {
      values.pop_back();
      y_.high = std::max(data.high + room, values.back());
    }
  }

  double to_x(double x) const { return box_.left + (x - x_.low) / (x_.high - x_.low) * (box_.right - box_.left); }
  double to_y(double y) const { return box_.bottom - (y - y_.low) / (y_.high - y_.low) * (box_.bottom - box_.top); }

  double draw_header() {
    pen_.color(kInk);
    pen_.font(20, /*bold=*/true);
    pen_.text(kMargin, 42, plot_.title);
    pen_.color(kGrey);
    pen_.font(13.5);
    pen_.text(kMargin, 64, plot_.subtitle);
    return draw_legend(plot_.subtitle.empty() ? 68 : 90);
  }

  /// From left to right, in as many rows as it takes; returns where the last row ends.
  double draw_legend(double baseline) {
    constexpr double kSwatch = 18, kGap = 7, kBetween = 20, kRow = 21;
    pen_.font(kLegendText);
    double x = kMargin;
    bool any = false;
    for (const PlotSeries& series : plot_.series) {
      if (series.label.empty()) continue;
      const double width = kSwatch + kGap + pen_.text_width(series.label);
      if (any && x + width > kWidth - kMargin) {
        x = kMargin;
        baseline += kRow;
      }
      pen_.color(series.color, series.style == PlotSeries::Style::faint ? 0.35 : 1);
      pen_.line(x + 2, baseline - 4.5, x + kSwatch - 2, baseline - 4.5, 3.5);
      pen_.color(kInk);
      pen_.text(x + kSwatch + kGap, baseline, series.label);
      x += width + kBetween;
      any = true;
    }
    return any ? baseline + 8 : baseline - 18;
  }

  void lay_out(double header_bottom) {
    pen_.font(kTickText);
    double tick_width = 0;
    for (const std::string& label : tick_labels(y_ticks_)) tick_width = std::max(tick_width, pen_.text_width(label));
    pen_.font(kLabelText, /*bold=*/true);
    double end_width = 0;
    for (const PlotSeries& series : plot_.series)
      if (series.end_value && last_point(series) < series.y.size())
        end_width = std::max(end_width, 12 + pen_.text_width(short_number(series.y[last_point(series)])));
    box_ = {kMargin + tick_width + 10, header_bottom + 18, kWidth - kMargin - std::max(end_width, 10.0),
            kHeight - kMargin - 42};
  }

  void draw_grid() {
    const std::vector<std::string> y_labels = tick_labels(y_ticks_), x_labels = tick_labels(x_ticks_);
    pen_.font(kTickText);
    for (std::size_t i = 0; i < y_labels.size(); ++i) {
      const double value = y_ticks_.values[i], y = to_y(value);
      pen_.color(value == 0 ? kZero : kGrid);
      pen_.line(box_.left, y, box_.right, y, 1);
      pen_.color(kGrey);
      pen_.text(box_.left - 10, y + 4.5, y_labels[i], 1);
    }
    for (std::size_t i = 0; i < x_labels.size(); ++i) {
      const double x = to_x(x_ticks_.values[i]);
      pen_.color(kZero);
      pen_.line(x, box_.bottom, x, box_.bottom + 5, 1);
      pen_.color(kGrey);
      pen_.text(x, box_.bottom + 21, x_labels[i], 0.5);
    }
    pen_.color(kZero);
    pen_.line(box_.left, box_.bottom, box_.right, box_.bottom, 1);
    pen_.color(kGrey);
    pen_.font(kLabelText);
    pen_.text((box_.left + box_.right) / 2, box_.bottom + 45, plot_.x_label, 0.5);
  }

  void draw_target() {
    if (!plot_.target) return;
    const double y = to_y(*plot_.target);
    constexpr std::array dashes = {6.0, 5.0};
    pen_.color(kInk, 0.75);
    cairo_set_dash(pen_.raw(), dashes.data(), dashes.size(), 0);
    pen_.line(box_.left, y, box_.right, y, 1.3);
    cairo_set_dash(pen_.raw(), nullptr, 0, 0);
    pen_.font(kTickText);
    pen_.text(box_.left + 8, y - 6, fmt::format("target {:g}", *plot_.target));
  }

  void draw_band(const PlotSeries& series) {
    if (series.band.empty()) return;
    std::vector<std::size_t> points;
    for (std::size_t i = 0; i < series.y.size(); ++i)
      if (std::isfinite(series.y[i])) points.push_back(i);
    for (const std::size_t i : points)
      cairo_line_to(pen_.raw(), to_x(series.x[i]), to_y(series.y[i] + band_at(series, i)));
    for (auto i = points.rbegin(); i != points.rend(); ++i)
      cairo_line_to(pen_.raw(), to_x(series.x[*i]), to_y(series.y[*i] - band_at(series, *i)));
    pen_.color(series.color, 0.15);
    cairo_fill(pen_.raw());
  }

  void draw_curve(const PlotSeries& series) {
    const bool faint = series.style == PlotSeries::Style::faint;
    pen_.color(series.color, faint ? 0.35 : 1);
    cairo_set_line_width(pen_.raw(), series.style == PlotSeries::Style::strong ? 2.6 : faint ? 1.2 : 1.8);
    bool down = false;
    for (std::size_t i = 0; i < series.y.size(); ++i) {
      const bool point = std::isfinite(series.y[i]);
      if (point && !down) cairo_move_to(pen_.raw(), to_x(series.x[i]), to_y(series.y[i]));
      if (point) cairo_line_to(pen_.raw(), to_x(series.x[i]), to_y(series.y[i]));  // also of length 0: a dot
      down = point;
    }
    cairo_stroke(pen_.raw());
  }

  void draw_end_labels() {
    std::vector<EndLabel> labels;
    for (const PlotSeries& series : plot_.series) {
      const std::size_t last = last_point(series);
      if (!series.end_value || last == series.y.size()) continue;
      const double x = to_x(series.x[last]), y = to_y(series.y[last]);
      pen_.color(kWhite);
      pen_.dot(x, y, 5);
      pen_.color(series.color);
      pen_.dot(x, y, 3.6);
      labels.push_back({y, short_number(series.y[last]), series.color});
    }
    spread_out(labels, box_);
    pen_.font(kLabelText, /*bold=*/true);
    for (const EndLabel& label : labels) {
      pen_.color(label.color);
      pen_.text(box_.right + 10, label.y + 4.5, label.text);
    }
  }

  const Plot& plot_;
  Pen pen_;
  Range x_, y_;
  Ticks x_ticks_, y_ticks_;
  Rectangle box_{};
};

struct SurfaceDeleter {
  void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
};
using Surface = std::unique_ptr<cairo_surface_t, SurfaceDeleter>;

void paint_on(cairo_surface_t* surface, const Plot& plot, double scale) {
  const std::unique_ptr<cairo_t, decltype(&cairo_destroy)> cairo(cairo_create(surface), &cairo_destroy);
  cairo_scale(cairo.get(), scale, scale);
  Painter(plot, cairo.get()).paint();
  if (const cairo_status_t status = cairo_status(cairo.get()); status != CAIRO_STATUS_SUCCESS)
    throw Error(ExitCode::defect, fmt::format("drawing \"{}\": {}", plot.title, cairo_status_to_string(status)));
}

cairo_status_t append(void* bytes, const unsigned char* data, unsigned length) {
  static_cast<std::string*>(bytes)->append(reinterpret_cast<const char*>(data), length);
  return CAIRO_STATUS_SUCCESS;
}

}  // namespace

std::string plot_png(const Plot& plot) {
  const Surface surface(cairo_image_surface_create(CAIRO_FORMAT_RGB24, kPixelWidth, kPixelHeight));
  paint_on(surface.get(), plot, kPixelsPerUnit);
  cairo_surface_flush(surface.get());
  const auto* pixels = reinterpret_cast<const std::uint32_t*>(cairo_image_surface_get_data(surface.get()));
  return encode_png({pixels, std::size_t{kPixelWidth} * kPixelHeight}, kPixelWidth, kPixelHeight);
}

std::string plot_svg(const Plot& plot) {
  std::string bytes;
  const Surface surface(cairo_svg_surface_create_for_stream(append, &bytes, kWidth, kHeight));
  paint_on(surface.get(), plot, 1);
  cairo_surface_finish(surface.get());
  // cairo numbers the surfaces of a process; the picture is not to depend on what was drawn before it.
  return std::regex_replace(bytes, std::regex("surface[0-9]+"), "surface");
}

}  // namespace slm
