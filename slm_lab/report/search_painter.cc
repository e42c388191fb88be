#include "slm_lab/report/search_painter.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "slm_lab/report/experiment_files.h"
#include "slm_lab/report/parameter_axis.h"

namespace slm {
namespace {

constexpr Color kFailed = rgb(0xdc2626);

Axis return_axis(const SearchSubject& search, int max_ticks) {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const SearchedTrial& trial : search.trials)
    if (std::isfinite(trial.total_reward_ma)) {
      low = std::min(low, trial.total_reward_ma);
      high = std::max(high, trial.total_reward_ma);
    }
  return low <= high ? outer_axis(low, high, max_ticks) : outer_axis(0, 1, max_ticks);
}

/// The trials by rising return, those without one left out.
std::vector<std::size_t> by_return(const SearchSubject& search) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < search.trials.size(); ++i)
    if (std::isfinite(search.trials[i].total_reward_ma)) order.push_back(i);
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return search.trials[i].total_reward_ma; });
  return order;
}

/// Of a trial's number 39 is 39, of a return 39.0.
std::string end_label(double number) {
  return number == std::floor(number) && std::abs(number) < 1e4 ? round_number(number) : short_number(number);
}

}  // namespace

std::vector<std::string> parameter_names(const SearchSubject& search) {
  std::vector<std::string> paths;
  for (const SearchedParameter& p : search.parameters) paths.push_back(p.path);
  return short_names(paths);
}

double ColorScale::low() const {
  double low = std::numeric_limits<double>::quiet_NaN();
  for (const double number : numbers) low = std::fmin(low, number);
  return low;
}

double ColorScale::high() const {
  double high = std::numeric_limits<double>::quiet_NaN();
  for (const double number : numbers) high = std::fmax(high, number);
  return high;
}

Color ColorScale::color(std::size_t trial) const {
  if (!std::isfinite(numbers[trial])) return kZero;
  return high() > low() ? ramp((numbers[trial] - low()) / (high() - low())) : ramp(1);
}

void paint_color_scale(const ColorScale& scale, double right, double baseline, Pen& pen) {
  constexpr double kWidth = 120, kHeight = 9, kGap = 7;
  pen.font(12);
  const std::string low = end_label(scale.low()), high = end_label(scale.high());
  double x = right - pen.text_width(high);
  pen.color(kGrey);
  pen.text(x, baseline, high);
  x -= kGap + kWidth;
  for (int i = 0; i < kWidth; ++i) {
    pen.color(ramp(i / kWidth));
    cairo_rectangle(pen.raw(), x + i, baseline - kHeight, 1.5, kHeight);
    cairo_fill(pen.raw());
  }
  pen.color(kGrey);
  pen.text(x - kGap, baseline, scale.name + "  " + low, 1);
}

void paint_slice(const SearchSubject& search, std::size_t parameter, const std::string& name, const ColorScale& scale,
                 const Rectangle& frame, Pen& pen) {
  constexpr double kTickText = 10.5, kNameText = 12.5, kRadius = 4;
  const Axis x_axis = parameter_axis(search, parameter, 5), y_axis = return_axis(search, 5);
  pen.font(kTickText);
  double tick_width = 0;
  for (const std::string& label : y_axis.labels) tick_width = std::max(tick_width, pen.text_width(label));
  const Rectangle box{frame.left + tick_width + 8, frame.top + 6, frame.right - 6,
                      frame.bottom - kTickText - kNameText - 16};
  const auto to_x = [&](double value) { return box.left + x_axis.at(value) * box.width(); };
  const auto to_y = [&](double value) { return box.bottom - y_axis.at(value) * box.height(); };

  for (std::size_t i = 0; i < y_axis.ticks.size(); ++i) {
    const double y = to_y(y_axis.ticks[i]);
    pen.color(y_axis.ticks[i] == 0 ? kZero : kGrid);
    pen.line(box.left, y, box.right, y, 1);
    pen.color(kGrey);
    pen.text(box.left - 7, y + 0.36 * kTickText, y_axis.labels[i], 1);
  }
  pen.color(kZero);
  pen.line(box.left, box.bottom, box.right, box.bottom, 1);
  const double room = box.width() / static_cast<double>(std::max<std::size_t>(x_axis.ticks.size(), 1));
  for (std::size_t i = 0; i < x_axis.ticks.size(); ++i) {
    const double x = to_x(x_axis.ticks[i]);
    pen.color(kZero);
    pen.line(x, box.bottom, x, box.bottom + 4, 1);
    pen.color(kGrey);
    pen.text(x, box.bottom + 6 + kTickText, cut(x_axis.labels[i], static_cast<std::size_t>(std::max(room / 6.5, 3.0))),
             0.5);
  }
  pen.color(kInk);
  pen.font(kNameText);
  pen.text((box.left + box.right) / 2, frame.bottom, cut(name, 36), 0.5);

  for (std::size_t i = 0; i < search.trials.size(); ++i) {
    const SearchedTrial& trial = search.trials[i];
    const double x = to_x(trial.parameters[parameter]);
    if (trial.end == SearchedTrial::End::failed) {
      pen.color(kFailed);
      pen.cross(x, box.bottom - 5, 3, 1.4);
    } else if (std::isfinite(trial.total_reward_ma)) {
      const double y = to_y(trial.total_reward_ma);
      pen.color(scale.color(i), 0.85);
      if (trial.end == SearchedTrial::End::stopped)
        pen.ring(x, y, kRadius - 0.8, 1.6);
      else
        pen.dot(x, y, kRadius);
    }
  }
}

void paint_parallel_coordinates(const SearchSubject& search, const ColorScale& scale, const Rectangle& frame,
                                Pen& pen) {
  const std::vector<std::string> names = parameter_names(search);
  std::vector<Axis> axes;
  for (std::size_t d = 0; d < search.parameters.size(); ++d) axes.push_back(parameter_axis(search, d, 6));
  axes.push_back(return_axis(search, 7));
  const Rectangle box{frame.left + 46, frame.top + 42, frame.right - 60, frame.bottom - 8};
  const double apart = axes.size() > 1 ? box.width() / static_cast<double>(axes.size() - 1) : 0;
  const auto to_x = [&](std::size_t axis) { return box.left + apart * static_cast<double>(axis); };
  const auto to_y = [&](std::size_t axis, double value) { return box.bottom - axes[axis].at(value) * box.height(); };

  const std::vector<std::size_t> order = by_return(search);
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    const SearchedTrial& trial = search.trials[order[rank]];
    const bool best = rank + 1 == order.size();
    pen.color(scale.color(order[rank]), best ? 1 : 0.6);
    cairo_set_line_width(pen.raw(), best ? 3 : 1.4);
    cairo_new_path(pen.raw());  // text leaves a current point
    for (std::size_t d = 0; d < trial.parameters.size(); ++d)
      cairo_line_to(pen.raw(), to_x(d), to_y(d, trial.parameters[d]));
    cairo_line_to(pen.raw(), to_x(axes.size() - 1), to_y(axes.size() - 1, trial.total_reward_ma));
    cairo_stroke(pen.raw());
  }
  for (std::size_t axis = 0; axis < axes.size(); ++axis) {
    const double x = to_x(axis);
    pen.color(kInk);
    pen.line(x, box.top, x, box.bottom, 1.2);
    pen.font(12.5, /*bold=*/true);
    const std::string name = axis < names.size() ? cut(names[axis], 26) : "total_reward_ma";
    const double half = pen.text_width(name) / 2;  // names of neighbours take turns in height
    pen.text(std::clamp(x, frame.left + half, frame.right - half), frame.top + (axis % 2 == 0 ? 10 : 25), name, 0.5);
    pen.font(11);
    for (std::size_t i = 0; i < axes[axis].ticks.size(); ++i) {
      const double y = to_y(axis, axes[axis].ticks[i]);
      const std::string label = cut(axes[axis].labels[i], 14);
      pen.color(kInk);
      pen.line(x - 4, y, x, y, 1.2);
      pen.color(kWhite, 0.8);  // lines behind the text
      cairo_rectangle(pen.raw(), x - 8 - pen.text_width(label), y - 7, pen.text_width(label) + 3, 14);
      cairo_fill(pen.raw());
      pen.color(kInk);
      pen.text(x - 7, y + 4, label, 1);
    }
  }
}

void paint_importance(const SearchSubject& search, const Rectangle& frame, Pen& pen) {
  std::vector<std::size_t> order(search.parameters.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, std::ranges::greater{},
                           [&](std::size_t i) { return search.parameters[i].importance; });
  pen.font(13);
  double name_width = 0;
  for (const SearchedParameter& p : search.parameters)
    name_width = std::max(name_width, pen.text_width(cut(p.path, 44)));
  const double left = frame.left + name_width + 14, full = frame.right - left - 60;
  const double largest = order.empty() ? 1 : std::max(search.parameters[order[0]].importance, 1e-9);
  constexpr double kRow = 30, kBar = 18;
  for (std::size_t row = 0; row < order.size(); ++row) {
    const SearchedParameter& p = search.parameters[order[row]];
    const double top = frame.top + kRow * static_cast<double>(row), width = full * p.importance / largest;
    pen.color(kInk);
    pen.text(left - 12, top + 14, cut(p.path, 44), 1);
    pen.color(kPalette[0]);
    cairo_rectangle(pen.raw(), left, top, std::max(width, 1.0), kBar);
    cairo_fill(pen.raw());
    pen.color(kGrey);
    pen.text(left + width + 9, top + 14, fmt::format("{:.0f} %", 100 * p.importance));
  }
}

}  // namespace slm
