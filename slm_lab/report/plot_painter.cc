#include "slm_lab/report/plot_painter.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "slm_lab/report/axis.h"

namespace slm {
namespace {

using Style = PlotSeries::Style;

struct Range {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  void include(double value) {
    if (!std::isfinite(value)) return;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  bool empty() const { return low > high; }
};

Axis x_axis(const Plot& plot, int max_ticks) {
  Range range;
  range.include(0);  // training starts there
  for (const PlotSeries& series : plot.series)
    for (const double x : series.x) range.include(x);
  return range.high > range.low ? inner_axis(range.low, range.high, max_ticks) : inner_axis(0, 1, max_ticks);
}

Axis y_axis(const Plot& plot, int max_ticks) {
  Range range;
  const auto include = [&](double value) {
    if (!plot.log_scale || value > 0) range.include(value);
  };
  for (const ReferenceLine& line : plot.lines) include(line.y);
  for (const PlotSeries& series : plot.series)
    for (const std::vector<double>* values : {&series.y, &series.low, &series.high})
      for (const double value : *values) include(value);
  if (range.empty()) return outer_axis(0, 1, max_ticks);
  return plot.log_scale ? log_axis(range.low, range.high) : outer_axis(range.low, range.high, max_ticks);
}

double opacity(Style style) { return style == Style::faint ? 0.28 : style == Style::light ? 0.45 : 1; }

double thickness(Style style) {
  switch (style) {
    case Style::faint:
      return 1.1;
    case Style::light:
      return 2;
    case Style::normal:
      return 1.8;
    case Style::strong:
      return 2.6;
  }
  return 1;
}

/// What stands right of the box: a number, and what it is.
struct EndLabel {
  double y;  // where the text is, after it was moved away from others
  std::string number, name;
  Color color;
  bool bold;
};

/// Moves labels apart that would overlap, keeping their order and staying inside the box.
void spread_out(std::vector<EndLabel>& labels, const Rectangle& box, double space) {
  std::stable_sort(labels.begin(), labels.end(), [](const EndLabel& a, const EndLabel& b) {
    return a.y < b.y || (a.y == b.y && a.bold && !b.bold);  // of equals the one that matters first
  });
  for (std::size_t i = 1; i < labels.size(); ++i) labels[i].y = std::max(labels[i].y, labels[i - 1].y + space);
  double lowest = box.bottom;
  for (std::size_t i = labels.size(); i-- > 0; lowest -= space) labels[i].y = std::min(labels[i].y, lowest);
}

class Painter {
 public:
  Painter(const Plot& plot, const Rectangle& frame, const PlotLook& look, Pen& pen)
      : plot_(plot),
        frame_(frame),
        look_(look),
        pen_(pen),
        x_(x_axis(plot, look.x_ticks)),
        y_(y_axis(plot, look.y_ticks)) {}

  void paint() {
    lay_out(draw_head());
    draw_grid();
    for (const ReferenceLine& line : plot_.lines) draw(line);
    cairo_save(pen_.raw());
    cairo_rectangle(pen_.raw(), box_.left, box_.top - 2, box_.width() + 2, box_.height() + 4);
    cairo_clip(pen_.raw());
    for (const PlotSeries& series : plot_.series) draw_shade(series);
    for (const PlotSeries& series : plot_.series) draw_curve(series);
    for (const PlotSeries& series : plot_.series) draw_stop(series);
    cairo_restore(pen_.raw());
    draw_end_labels();
  }

 private:
  double to_x(double x) const { return box_.left + x_.at(x) * box_.width(); }
  double to_y(double y) const { return box_.bottom - y_.at(y) * box_.height(); }
  bool shown(double y) const { return std::isfinite(y) && (!plot_.log_scale || y > 0); }

  /// Title and legend; returns where they end.
  double draw_head() {
    double y = frame_.top;
    if (!plot_.title.empty()) {
      y += look_.title_text;
      pen_.color(kInk);
      pen_.font(look_.title_text, /*bold=*/true);
      pen_.text(frame_.left, y, plot_.title);
      y += 6;
    }
    return draw_legend(y);
  }

  /// From left to right, in as many rows as it takes.
  double draw_legend(double top) {
    constexpr double kSwatch = 18, kGap = 7, kBetween = 20;
    const double row = look_.label_text + 8;
    pen_.font(look_.label_text);
    double x = frame_.left, baseline = top + row - 4;
    bool any = false;
    for (const PlotSeries& series : plot_.series) {
      if (series.label.empty()) continue;
      const double width = kSwatch + kGap + pen_.text_width(series.label);
      if (any && x + width > frame_.right) {
        x = frame_.left;
        baseline += row;
      }
      pen_.color(series.color, opacity(series.style));
      pen_.dashes(series.dashed, 1.3);
      pen_.line(x + 2, baseline - 4.5, x + kSwatch - 2, baseline - 4.5, series.style == Style::light ? 2.2 : 3.5);
      pen_.dashes(false, 1);
      pen_.color(kInk);
      pen_.text(x + kSwatch + kGap, baseline, series.label);
      x += width + kBetween;
      any = true;
    }
    return any ? baseline + 6 : top;
  }

  void lay_out(double head) {
    pen_.font(look_.tick_text);
    double tick_width = 0;
    for (const std::string& label : y_.labels) tick_width = std::max(tick_width, pen_.text_width(label));
    double end_width = look_.end_room;
    for (const EndLabel& label : end_labels()) end_width = std::max(end_width, 12 + width(label));
    const double foot = look_.tick_text + 9 + (plot_.x_label.empty() ? 0 : look_.label_text + 11);
    box_ = {frame_.left + tick_width + 10, head + 12, frame_.right - end_width, frame_.bottom - foot};
  }

  void draw_grid() {
    pen_.font(look_.tick_text);
    for (std::size_t i = 0; i < y_.ticks.size(); ++i) {
      const double value = y_.ticks[i], y = to_y(value);
      pen_.color(value == 0 ? kZero : kGrid);
      pen_.line(box_.left, y, box_.right, y, 1);
      pen_.color(kGrey);
      pen_.text(box_.left - 9, y + 0.36 * look_.tick_text, y_.labels[i], 1);
    }
    for (std::size_t i = 0; i < x_.ticks.size(); ++i) {
      const double x = to_x(x_.ticks[i]);
      pen_.color(kZero);
      pen_.line(x, box_.bottom, x, box_.bottom + 4, 1);
      pen_.color(kGrey);
      pen_.text(x, box_.bottom + 8 + look_.tick_text, x_.labels[i], 0.5);
    }
    pen_.color(kZero);
    pen_.line(box_.left, box_.bottom, box_.right, box_.bottom, 1);
    if (plot_.x_label.empty()) return;
    pen_.color(kGrey);
    pen_.font(look_.label_text);
    pen_.text((box_.left + box_.right) / 2, frame_.bottom, plot_.x_label, 0.5);
  }

  void draw(const ReferenceLine& line) {
    if (!shown(line.y)) return;
    pen_.color(kInk, 0.6);
    pen_.dashes(true, 1.4);
    pen_.line(box_.left, to_y(line.y), box_.right, to_y(line.y), 1.2);
    pen_.dashes(false, 1);
  }

  void draw_shade(const PlotSeries& series) {
    std::vector<std::size_t> points;
    for (std::size_t i = 0; i < series.low.size(); ++i)
      if (shown(series.low[i]) && shown(series.high[i])) points.push_back(i);
    if (points.size() < 2) return;
    for (const std::size_t i : points) cairo_line_to(pen_.raw(), to_x(series.x[i]), to_y(series.high[i]));
    for (auto i = points.rbegin(); i != points.rend(); ++i)
      cairo_line_to(pen_.raw(), to_x(series.x[*i]), to_y(series.low[*i]));
    pen_.color(series.color, shade_opacity());
    cairo_fill(pen_.raw());
  }

  /// Lighter where many lie over each other.
  double shade_opacity() const {
    const auto shades =
        std::ranges::count_if(plot_.series, [](const PlotSeries& series) { return !series.low.empty(); });
    return shades > 3 ? 0.08 : 0.15;
  }

  void draw_curve(const PlotSeries& series) {
    const double width = look_.stroke * thickness(series.style);
    pen_.color(series.color, opacity(series.style));
    pen_.dashes(series.dashed, width);
    cairo_set_line_width(pen_.raw(), width);
    bool down = false;
    for (std::size_t i = 0; i < series.y.size(); ++i) {
      const bool point = shown(series.y[i]);
      if (point && !down) cairo_move_to(pen_.raw(), to_x(series.x[i]), to_y(series.y[i]));
      if (point) cairo_line_to(pen_.raw(), to_x(series.x[i]), to_y(series.y[i]));  // also of length 0: a dot
      down = point;
    }
    cairo_stroke(pen_.raw());
    pen_.dashes(false, 1);
  }

  void draw_stop(const PlotSeries& series) {
    if (!series.stopped || series.y.empty() || !shown(series.y.back())) return;
    pen_.color(series.color);
    pen_.cross(to_x(series.x.back()), to_y(series.y.back()), 4 * look_.stroke, 1.6 * look_.stroke);
  }

  std::vector<EndLabel> end_labels() const {
    std::vector<EndLabel> labels;
    for (const ReferenceLine& line : plot_.lines)
      if (shown(line.y)) labels.push_back({to_y(line.y), round_number(line.y), line.name, kGrey, false});
    for (const PlotSeries& series : plot_.series)
      if (series.end_value && shown(*series.end_value))
        labels.push_back({to_y(*series.end_value), short_number(*series.end_value), series.end_name, series.color,
                          series.style == Style::strong});
    return labels;
  }

  double width(const EndLabel& label) {
    pen_.font(look_.label_text, label.bold);
    const double number = pen_.text_width(label.number);
    pen_.font(look_.label_text);
    return number + (label.name.empty() ? 0 : pen_.text_width(" " + label.name));
  }

  void draw_end_labels() {
    for (const PlotSeries& series : plot_.series) {
      if (!series.end_value || !shown(*series.end_value) || series.style != Style::strong) continue;
      const double x = to_x(series.x.back()), y = to_y(*series.end_value);
      pen_.color(kWhite);
      pen_.dot(x, y, 5 * look_.stroke);
      pen_.color(series.color);
      pen_.dot(x, y, 3.6 * look_.stroke);
    }
    std::vector<EndLabel> labels = end_labels();
    spread_out(labels, box_, look_.label_text + 4);
    for (const EndLabel& label : labels) {
      const double x = box_.right + 10, y = label.y + 0.36 * look_.label_text;
      pen_.color(label.color);
      pen_.font(look_.label_text, label.bold);
      pen_.text(x, y, label.number);
      const double number = pen_.text_width(label.number);
      pen_.font(look_.label_text);
      if (!label.name.empty()) pen_.text(x + number, y, " " + label.name);
    }
  }

  const Plot& plot_;
  const Rectangle frame_;
  const PlotLook look_;
  Pen& pen_;
  const Axis x_, y_;
  Rectangle box_{};  // of the curves
};

}  // namespace

void paint_plot(const Plot& plot, const Rectangle& frame, const PlotLook& look, Pen& pen) {
  Painter(plot, frame, look, pen).paint();
}

}  // namespace slm
