#include "slm_lab/report/graphs.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "slm_lab/report/thinned.h"

namespace slm {
namespace {

using Style = PlotSeries::Style;

constexpr std::size_t kPointsOfLarge = 400, kPointsOfSmall = 150;  // about two units apart
constexpr double kDecades = 2;                                     // a log scale where values span more

std::ptrdiff_t numbers_in(const std::vector<double>& values) {
  return std::count_if(values.begin(), values.end(), [](double value) { return std::isfinite(value); });
}

std::optional<double> last_number(const std::vector<double>& values) {
  const auto last = std::find_if(values.rbegin(), values.rend(), [](double value) { return std::isfinite(value); });
  return last == values.rend() ? std::nullopt : std::optional(*last);
}

/// The curve in stretches, with a shade from the lowest to the highest of each where they hold several points.
PlotSeries curve(const std::vector<double>& x, const std::vector<double>& y, std::size_t max_points, Color color,
                 Style style) {
  Thinned points = thinned(x, y, stretch_of(y.size(), max_points));
  PlotSeries series{.x = points.x, .y = points.y, .color = color, .style = style};
  if (!points.whole) {
    series.low = std::move(points.low);
    series.high = std::move(points.high);
  }
  series.end_value = last_number(y);
  return series;
}

std::string subtitle(const GraphSubject& subject, std::string_view what) {
  return fmt::format("{}  ·  {} on {}{}{}", subject.name, subject.algorithm, subject.env, what.empty() ? "" : "  ·  ",
                     what);
}

/// A quantity of a session that has a small plot, if there is any of it and it changes.
struct Quantity {
  std::string_view title;
  double SessionRow::*value;
};
constexpr std::array kQuantities = {
    Quantity{"Episode length (steps)", &SessionRow::episode_length},
    Quantity{"Loss", &SessionRow::loss},
    Quantity{"Policy loss", &SessionRow::policy_loss},
    Quantity{"Value loss", &SessionRow::value_loss},
    Quantity{"Explained variance of the returns", &SessionRow::explained_variance},
    Quantity{"Q-value (mean)", &SessionRow::q_value},
    Quantity{"TD error (mean size)", &SessionRow::td_error},
    Quantity{"Entropy of the policy (nats)", &SessionRow::entropy},
    Quantity{"KL from the old policy", &SessionRow::kl},
    Quantity{"Clipped fraction", &SessionRow::clip_fraction},
    Quantity{"Temperature (alpha)", &SessionRow::alpha},
    Quantity{"Exploration (explore_var)", &SessionRow::explore_var},
    Quantity{"Entropy weight (entropy_coef)", &SessionRow::entropy_coef},
    Quantity{"Clipping range (clip_eps)", &SessionRow::clip_eps},
    Quantity{"Gradient norm", &SessionRow::grad_norm},
    Quantity{"Learning rate", &SessionRow::lr},
};

bool changes(const std::vector<double>& values) {
  double low = SessionRow::kNone, high = SessionRow::kNone;
  for (const double value : values)
    if (std::isfinite(value)) {
      low = std::fmin(low, value);
      high = std::fmax(high, value);
    }
  return high > low;
}

/// Whether positive values lie so far apart that a linear scale would show the largest alone.
bool spans_decades(const std::vector<double>& values) {
  double low = SessionRow::kNone, high = SessionRow::kNone;
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    if (value <= 0) return false;
    low = std::fmin(low, value);
    high = std::fmax(high, value);
  }
  return high > low * std::pow(10, kDecades);
}

bool same(const std::vector<double>& a, const std::vector<double>& b) {
  return std::ranges::equal(a, b, [](double x, double y) { return x == y || (std::isnan(x) && std::isnan(y)); });
}

void add_small_plots(std::span<const SessionRow> rows, const std::vector<double>& frames, Color color, Page& page) {
  for (const Quantity& quantity : kQuantities) {
    const std::vector<double> values = column(rows, quantity.value);
    if (!changes(values)) continue;
    if (quantity.value == &SessionRow::value_loss && same(values, column(rows, &SessionRow::loss))) continue;
    Plot plot{.title = std::string(quantity.title)};
    plot.series = {curve(frames, values, kPointsOfSmall, color, Style::normal)};
    plot.log_scale = spans_decades(plot.series[0].y);
    page.plots.push_back(std::move(plot));
  }
}

/// Mean, lowest and highest over sessions at each point, as far as the shortest of them goes.
PlotSeries over_sessions(std::span<const PlotSeries> sessions, Color color) {
  PlotSeries series{.color = color};
  std::size_t length = sessions[0].y.size();
  for (const PlotSeries& session : sessions) length = std::min(length, session.y.size());
  std::vector<double> at_point(sessions.size());
  for (std::size_t i = 0; i < length; ++i) {
    for (std::size_t j = 0; j < sessions.size(); ++j) at_point[j] = sessions[j].y[i];
    series.x.push_back(sessions[0].x[i]);  // all sessions log at the same frames
    series.y.push_back(mean(at_point));
    if (sessions.size() == 1) continue;
    double low = SessionRow::kNone, high = SessionRow::kNone;
    for (const double value : at_point) {
      low = std::fmin(low, value);
      high = std::fmax(high, value);
    }
    series.low.push_back(low);
    series.high.push_back(high);
  }
  series.end_value = last_number(series.y);
  return series;
}

/// The curves of a trial's sessions in stretches that are the same for all.
std::vector<PlotSeries> session_curves(std::span<const SessionMetrics> sessions,
                                       std::vector<double> SessionMetrics::*values, Color color) {
  std::size_t longest = 0;
  for (const SessionMetrics& session : sessions) longest = std::max(longest, (session.*values).size());
  const std::size_t stretch = stretch_of(longest, kPointsOfLarge);
  std::vector<PlotSeries> curves;
  for (const SessionMetrics& session : sessions) {
    const Thinned points = thinned(session.frames, session.*values, stretch);
    curves.push_back({.x = points.x, .y = points.y, .color = color, .style = Style::faint});
  }
  return curves;
}

}  // namespace

std::optional<Page> session_graph(const GraphSubject& subject, std::span<const SessionRow> train,
                                  std::span<const SessionRow> eval) {
  const std::vector<double> frames = column(train, &SessionRow::frame);
  const std::vector<double> returns = column(train, &SessionRow::total_reward);
  if (numbers_in(returns) < 2) return std::nullopt;
  const Color color = algorithm_color(subject.algorithm);
  Plot plot{.x_label = "frames", .lines = subject.lines};
  plot.series = {curve(frames, column(train, &SessionRow::total_reward_ma), kPointsOfLarge, color, Style::light),
                 curve(frames, returns, kPointsOfLarge, color, Style::strong)};
  plot.series[0].label = "moving average (last 100 log points)";
  plot.series[0].end_name = "average";
  plot.series[0].low.clear();
  plot.series[0].high.clear();
  plot.series[1].label = plot.series[1].low.empty() ? "return" : "return, with the range of each stretch";
  plot.series[1].end_name = "return";
  if (!eval.empty()) {
    plot.series.push_back(curve(column(eval, &SessionRow::frame), column(eval, &SessionRow::total_reward),
                                kPointsOfLarge, kEvaluationColor, Style::normal));
    plot.series.back().label = "evaluation";
    plot.series.back().end_name = "evaluation";
  }
  Page page{.title = "Return", .subtitle = subtitle(subject, ""), .plots = {std::move(plot)}};
  add_small_plots(train, frames, color, page);
  return page;
}

std::optional<Page> trial_graph(const GraphSubject& subject, std::span<const SessionMetrics> sessions) {
  if (sessions.empty()) return std::nullopt;
  const Color color = algorithm_color(subject.algorithm);
  Plot plot{.x_label = "frames", .lines = subject.lines};

  std::vector<PlotSeries> each = session_curves(sessions, &SessionMetrics::mean_returns, color);
  PlotSeries middle = over_sessions(each, color);
  if (numbers_in(middle.y) < 2) return std::nullopt;
  PlotSeries average = over_sessions(session_curves(sessions, &SessionMetrics::mean_returns_ma, color), color);
  average.low.clear();
  average.high.clear();
  average.style = Style::light;
  average.label = "moving average (last 100 log points)";
  average.end_name = "average";
  middle.end_name = "return";
  middle.label = "return";
  if (sessions.size() > 1) {
    middle.label = "return, mean and range of the sessions";
    each[0].label = "each session";
    plot.series = std::move(each);
  }
  plot.series.push_back(std::move(average));
  plot.series.push_back(std::move(middle));
  const std::string what = sessions.size() == 1 ? "1 session" : fmt::format("{} sessions", sessions.size());
  return Page{.title = "Return", .subtitle = subtitle(subject, what), .plots = {std::move(plot)}};
}

Page multi_trial_graph(const std::string& title, std::span<const TrialCurve> trials) {
  Plot plot{.x_label = "frames"};
  for (std::size_t i = 0; i < trials.size(); ++i) {
    const TrialCurve& trial = trials[i];
    const Color color = algorithm_color(trial.algorithm);
    std::vector<PlotSeries> sessions = session_curves(trial.sessions, &SessionMetrics::mean_returns_ma, color);
    std::erase_if(sessions, [](const PlotSeries& session) { return numbers_in(session.y) == 0; });
    if (sessions.empty()) continue;
    PlotSeries series = over_sessions(sessions, color);
    series.label = trial.label;
    series.end_name = trial.label;
    series.dashed =
        std::any_of(trials.begin(), trials.begin() + static_cast<std::ptrdiff_t>(i), [&](const TrialCurve& other) {
          return find_algorithm_color(other.algorithm) == find_algorithm_color(trial.algorithm);
        });
    plot.series.push_back(std::move(series));
  }
  return {.title = title,
          .subtitle = "return, mean of the last 100 log points; mean and range of the sessions",
          .plots = {std::move(plot)}};
}

void write_png(const std::filesystem::path& file, const Page& page) { write_picture(file, page_png(page)); }
void write_svg(const std::filesystem::path& file, const Page& page) { write_picture(file, page_svg(page)); }

}  // namespace slm
