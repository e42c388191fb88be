#include "slm_lab/report/search_graphs.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "slm_lab/report/plot.h"
#include "slm_lab/report/search_painter.h"

namespace slm {
namespace {

using End = SearchedTrial::End;

std::size_t count(const SearchSubject& search, End end) {
  return static_cast<std::size_t>(std::ranges::count(search.trials, end, &SearchedTrial::end));
}

/// "ppo_cartpole  ·  PPO on CartPole-v1  ·  16 trials, 9 stopped early, 1 failed"
std::string subtitle(const SearchSubject& search) {
  std::string text = fmt::format("{}  ·  {} on {}  ·  {} trial{}", search.name, search.algorithm, search.env,
                                 search.trials.size(), search.trials.size() == 1 ? "" : "s");
  for (const auto& [end, word] :
       {std::pair{End::stopped, "stopped early"}, {End::failed, "failed"}, {End::running, "running"}})
    if (const std::size_t n = count(search, end)) text += fmt::format(", {} {}", n, word);
  return text;
}

ColorScale scale(const SearchSubject& search, std::string name, double (*number)(const SearchedTrial&)) {
  ColorScale out{std::move(name), {}};
  for (const SearchedTrial& trial : search.trials) out.numbers.push_back(number(trial));
  return out;
}

/// A slice per parameter, up to three in a row.
Drawing slices(const SearchSubject& search, const std::string& title, const ColorScale& colors) {
  constexpr int kColumns = 3, kRowHeight = 250, kBetween = 26, kWidth = 1000;
  const int parameters = static_cast<int>(search.parameters.size());
  const int rows = (parameters + kColumns - 1) / kColumns, columns = std::clamp(parameters, 1, kColumns);
  const auto paint = [=](Pen& pen) {
    paint_head(title, subtitle(search), pen);
    paint_color_scale(colors, kWidth - kMargin, 42, pen);
    pen.font(12);
    pen.color(kGrey);
    if (count(search, End::stopped) + count(search, End::failed) > 0)
      pen.text(kWidth - kMargin, 64, "ring: stopped early    cross: failed", 1);
    const std::vector<std::string> names = parameter_names(search);
    const double width = (kWidth - 2.0 * kMargin - (columns - 1.0) * kBetween) / columns;
    for (int i = 0; i < parameters; ++i) {
      const int row = i / columns, column = i % columns;
      const double left = kMargin + column * (width + kBetween), top = kHeadHeight + 8.0 + row * kRowHeight;
      const auto at = static_cast<std::size_t>(i);
      paint_slice(search, at, names[at], colors, {left, top, left + width, top + kRowHeight - kBetween}, pen);
    }
  };
  return {kWidth, kHeadHeight + rows * kRowHeight + kMargin / 2, paint};
}

Drawing parallel_coordinates(const SearchSubject& search, const ColorScale& colors) {
  constexpr int kHeight = 600;
  const int width = std::max(1000, 150 * static_cast<int>(search.parameters.size() + 1));
  const auto paint = [=](Pen& pen) {
    paint_head("Parameters and returns", subtitle(search), pen);
    paint_color_scale(colors, width - kMargin, 42, pen);
    paint_parallel_coordinates(search, colors,
                               {kMargin, kHeadHeight + 12, width - kMargin + 0.0, kHeight - kMargin + 0.0}, pen);
  };
  return {width, kHeight, paint};
}

Drawing importance(const SearchSubject& search) {
  const auto paint = [=](Pen& pen) {
    paint_head("Importance of the parameters", subtitle(search) + "  ·  share of the explained variance", pen);
    paint_importance(search, {kMargin, kHeadHeight + 14, 1000 - kMargin, 0}, pen);
  };
  return {1000, kHeadHeight + 14 + 30 * static_cast<int>(search.parameters.size()) + kMargin, paint};
}

Drawing learning_curves(const SearchSubject& search, const ColorScale& colors) {
  Plot plot{.x_label = "frames"};
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < search.trials.size(); ++i)
    if (!search.trials[i].frames.empty()) order.push_back(i);
  const auto value = [&](std::size_t i) {
    const double ma = search.trials[i].total_reward_ma;
    return std::isfinite(ma) ? ma : -std::numeric_limits<double>::infinity();
  };
  std::ranges::stable_sort(order, {}, value);
  for (const std::size_t i : order) {
    const SearchedTrial& trial = search.trials[i];
    PlotSeries series{.x = trial.frames, .y = trial.returns, .color = colors.color(i)};
    series.style = PlotSeries::Style::normal;
    series.stopped = trial.end == End::stopped || trial.end == End::failed;
    if (i == order.back()) {
      series.style = PlotSeries::Style::strong;
      series.end_value = trial.returns.back();
      series.end_name = fmt::format("t{}", trial.number);
    }
    plot.series.push_back(std::move(series));
  }
  const std::string crosses =
      count(search, End::stopped) + count(search, End::failed) > 0 ? "  ·  cross: stopped or failed" : "";
  Drawing drawing = page_drawing(
      {.title = "Returns of all trials", .subtitle = subtitle(search) + crosses, .plots = {std::move(plot)}});
  const auto curves = drawing.paint;
  drawing.paint = [=](Pen& pen) {
    curves(pen);
    paint_color_scale(colors, 1000 - kMargin, 42, pen);
  };
  return drawing;
}

}  // namespace

std::vector<SearchGraph> search_graphs(const SearchSubject& search) {
  if (std::ranges::none_of(search.trials, [](const SearchedTrial& t) { return std::isfinite(t.total_reward_ma); }))
    return {};
  const ColorScale by_return =
      scale(search, "total_reward_ma", [](const SearchedTrial& t) { return t.total_reward_ma; });
  const ColorScale by_strength = scale(search, "strength", [](const SearchedTrial& t) { return t.strength; });
  const ColorScale by_time = scale(search, "trial", [](const SearchedTrial& t) { return double(t.number); });
  return {{"", slices(search, "total_reward_ma against each parameter", by_strength)},
          {"slices", slices(search, "Where the search went", by_time)},
          {"parallel_coordinates", parallel_coordinates(search, by_return)},
          {"importance", importance(search)},
          {"learning_curves", learning_curves(search, by_return)}};
}

}  // namespace slm
