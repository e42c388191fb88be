#include "slm_lab/report/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "slm_lab/base/rng.h"
#include "slm_lab/report/metrics.h"
#include "slm_lab/report/palette.h"

namespace slm {
namespace {

constexpr std::size_t kSteps = 400;  // of a grid, about two units of the picture apart
constexpr std::int64_t kResamples = 2000;

/// A session as a function of x.
struct Line {
  std::vector<double> x, y;  // ascending; only points with a value

  double at(double place) const {
    if (x.empty() || place < x.front()) return SessionRow::kNone;
    const auto above = std::ranges::lower_bound(x, place);
    if (above == x.end()) return y.back();
    const auto i = static_cast<std::size_t>(above - x.begin());
    if (x[i] == place || i == 0) return y[i];
    return y[i - 1] + (y[i] - y[i - 1]) * (place - x[i - 1]) / (x[i] - x[i - 1]);
  }
};

Line line_of(std::span<const SessionRow> rows, const ComparisonOptions& options) {
  const auto over = options.over == CompareOver::frames ? &SessionRow::frame : &SessionRow::wall_t;
  Line line;
  for (const SessionRow& row : rows) {
    if (!std::isfinite(row.*options.metric) || !std::isfinite(row.*over)) continue;
    if (!line.x.empty() && row.*over <= line.x.back()) continue;  // log points of one moment
    line.x.push_back(row.*over);
    line.y.push_back(row.*options.metric);
  }
  return line;
}

std::vector<double> grid_of(std::span<const Line> lines, CompareOver over) {
  const auto shortest =
      std::ranges::min_element(lines, {}, [](const Line& line) { return line.x.empty() ? 0 : line.x.back(); });
  if (shortest == lines.end() || shortest->x.empty()) return {};
  const std::vector<double>& x = shortest->x;
  if (over == CompareOver::frames && x.size() <= kSteps) return x;
  std::vector<double> grid;
  for (std::size_t i = 0; i <= kSteps; ++i)
    grid.push_back(x.front() + (x.back() - x.front()) * static_cast<double>(i) / kSteps);
  return grid;
}

double center_of(std::span<const double> values, SessionCenter center) {
  return center == SessionCenter::mean ? mean(values) : interquartile_mean(values);
}

/// Which sessions are drawn, with replacement: kResamples times `count` of them.
std::vector<std::size_t> resamples(std::size_t count) {
  Rng rng(0);
  std::vector<std::size_t> drawn(kResamples * count);
  for (std::size_t& index : drawn) index = static_cast<std::size_t>(rng.integers(0, static_cast<std::int64_t>(count)));
  return drawn;
}

class Band {
 public:
  Band(const ComparisonOptions& options, std::size_t sessions)
      : options_(options),
        drawn_(options.band == SessionBand::ci95 ? resamples(sessions) : std::vector<std::size_t>()) {}

  /// Of the values of all sessions at one place.
  Interval at(std::span<const double> values, double center) {
    const auto known = static_cast<std::size_t>(std::ranges::count_if(values, [](double v) { return !std::isnan(v); }));
    if (known < 2) return {};
    switch (options_.band) {
      case SessionBand::none:
        return {};
      case SessionBand::std: {
        const double std = sample_std(values);
        return {center - std, center + std};
      }
      case SessionBand::range: {
        Interval range;
        for (const double value : values) {
          range.low = std::fmin(range.low, value);
          range.high = std::fmax(range.high, value);
        }
        return range;
      }
      case SessionBand::ci95:
        return bootstrap(values);
    }
    return {};
  }

 private:
  Interval bootstrap(std::span<const double> values) {
    std::vector<double> centers, sample(values.size());
    for (std::size_t i = 0; i < drawn_.size(); i += values.size()) {
      for (std::size_t j = 0; j < values.size(); ++j) sample[j] = values[drawn_[i + j]];
      const double center = center_of(sample, options_.center);
      if (!std::isnan(center)) centers.push_back(center);
    }
    return middle_95(std::move(centers));
  }

  const ComparisonOptions& options_;
  std::vector<std::size_t> drawn_;
};

/// Seconds are written in the unit in which the longest curve is a number that one reads.
struct TimeUnit {
  const char* name;
  double seconds;
};
TimeUnit time_unit(double longest) {
  constexpr std::array units = {TimeUnit{"hours", 3600}, TimeUnit{"minutes", 60}};
  for (const TimeUnit& unit : units)
    if (longest >= 2 * unit.seconds) return unit;
  return {"seconds", 1};
}

/// That of the algorithm, unless several runs would have the same.
std::vector<Color> colors_of(std::span<const ComparedRun> runs) {
  std::set<const AlgorithmColor*> known;
  for (const ComparedRun& run : runs) known.insert(find_algorithm_color(run.algorithm));
  std::vector<Color> colors;
  for (std::size_t i = 0; i < runs.size(); ++i)
    colors.push_back(known.size() == runs.size() ? algorithm_color(runs[i].algorithm) : kPalette[i % kPalette.size()]);
  return colors;
}

std::string band_text(SessionBand band) {
  switch (band) {
    case SessionBand::ci95:
      return "95 % bootstrap interval";
    case SessionBand::range:
      return "range";
    case SessionBand::std:
      return "standard deviation";
    case SessionBand::none:
      return "";
  }
  return "";
}

std::string metric_text(double SessionRow::*metric) {
  if (metric == &SessionRow::total_reward_ma) return "return, mean of the last 100 log points";
  if (metric == &SessionRow::total_reward) return "return";
  return std::string(std::ranges::find(kColumns, metric, &Column::value)->name);
}

/// "return, mean of the last 100 log points  ·  mean and 95 % bootstrap interval of 4 sessions"
std::string subtitle(std::span<const ComparedRun> runs, const ComparisonOptions& options) {
  std::size_t fewest = runs.empty() ? 0 : runs[0].sessions.size(), most = fewest;
  for (const ComparedRun& run : runs) {
    fewest = std::min(fewest, run.sessions.size());
    most = std::max(most, run.sessions.size());
  }
  std::string text = metric_text(options.metric);
  if (most < 2) return text;
  text += options.center == SessionCenter::mean ? "  ·  mean" : "  ·  interquartile mean";
  if (options.band != SessionBand::none) text += " and " + band_text(options.band);
  return text +
         (fewest == most ? fmt::format(" of {} sessions", most) : fmt::format(" of {} to {} sessions", fewest, most));
}

}  // namespace

SessionsCurve sessions_curve(const ComparedRun& run, const ComparisonOptions& options) {
  std::vector<Line> lines;
  for (const std::vector<SessionRow>& rows : run.sessions)
    if (Line line = line_of(rows, options); !line.x.empty()) lines.push_back(std::move(line));
  SessionsCurve curve;
  curve.x = grid_of(lines, options.over);
  Band band(options, lines.size());
  std::vector<double> values(lines.size());
  for (const double place : curve.x) {
    for (std::size_t i = 0; i < lines.size(); ++i) values[i] = lines[i].at(place);
    curve.center.push_back(center_of(values, options.center));
    const Interval interval = band.at(values, curve.center.back());
    curve.low.push_back(interval.low);
    curve.high.push_back(interval.high);
  }
  return curve;
}

Page comparison_page(std::span<const ComparedRun> runs, const ComparisonOptions& options) {
  Plot plot{.x_label = "frames", .lines = options.lines};
  const std::vector<Color> colors = colors_of(runs);
  double longest = 0;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    SessionsCurve curve = sessions_curve(runs[i], options);
    if (curve.x.empty()) continue;
    longest = std::max(longest, curve.x.back());
    PlotSeries series{.x = std::move(curve.x), .y = std::move(curve.center), .color = colors[i]};
    if (options.band != SessionBand::none) {
      series.low = std::move(curve.low);
      series.high = std::move(curve.high);
    }
    if (options.legend) series.label = runs[i].label;
    series.end_name = runs[i].label;
    series.end_value = series.y.back();
    plot.series.push_back(std::move(series));
  }
  if (options.over == CompareOver::time) {
    const TimeUnit unit = time_unit(longest);
    plot.x_label = fmt::format("{} of training", unit.name);
    for (PlotSeries& series : plot.series)
      for (double& x : series.x) x /= unit.seconds;
  }
  return {.title = options.title, .subtitle = subtitle(runs, options), .plots = {std::move(plot)}};
}

}  // namespace slm
