#include "slm_lab/report/graphs.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>

#include "slm_lab/base/error.h"

namespace slm {
namespace {

using Style = PlotSeries::Style;

std::vector<double> column(std::span<const SessionRow> rows, double SessionRow::*value) {
  std::vector<double> values;
  for (const SessionRow& row : rows) values.push_back(row.*value);
  return values;
}

std::ptrdiff_t numbers_in(const std::vector<double>& values) {
  return std::count_if(values.begin(), values.end(), [](double value) { return std::isfinite(value); });
}

std::string subtitle(const GraphSubject& subject, std::string_view what) {
  return fmt::format("{}  ·  {} on {}  ·  {}", subject.prefix, subject.algorithm, subject.env, what);
}

/// A quantity of a session that is drawn on its own, if there is any of it.
struct Quantity {
  std::string_view name, title;
  double SessionRow::*value;
};
constexpr std::array kQuantities = {
    Quantity{"loss", "Loss", &SessionRow::loss},
    Quantity{"explore_var", "Exploration (explore_var)", &SessionRow::explore_var},
    Quantity{"entropy", "Entropy of the policy (nats)", &SessionRow::entropy},
};

/// The mean over sessions, as far as the shortest goes, at the frames of any of them: all log at the same ones.
void add_spread(const std::vector<double>& frames, std::span<const std::vector<double>> sessions,
                const PlotSeries& look, Plot& plot) {
  const Spread over = spread(sessions);
  PlotSeries series = look;
  series.x.assign(frames.begin(), frames.begin() + static_cast<std::ptrdiff_t>(over.mean.size()));
  series.y = over.mean;
  if (sessions.size() > 1) series.band = over.std;
  plot.series.push_back(std::move(series));
}

std::vector<std::vector<double>> series_of(std::span<const SessionMetrics> sessions,
                                           std::vector<double> SessionMetrics::*values) {
  std::vector<std::vector<double>> series;
  for (const SessionMetrics& session : sessions) series.push_back(session.*values);
  return series;
}

void write(const std::filesystem::path& file, const std::string& bytes) {
  // Not durable on purpose: a picture can be drawn again, and a sync costs more than drawing it.
  const std::filesystem::path partial = file.string() + ".partial";
  std::ofstream out(partial, std::ios::binary);
  out << bytes;
  out.close();
  std::error_code failure;
  if (out) std::filesystem::rename(partial, file, failure);
  if (!out || failure) throw Error(ExitCode::io, fmt::format("{}: cannot write this graph", file.string()));
}

}  // namespace

std::vector<Graph> session_graphs(const GraphSubject& subject, std::string_view df, std::span<const SessionRow> rows) {
  std::vector<Graph> graphs;
  const std::vector<double> frames = column(rows, &SessionRow::frame);
  const std::vector<double> returns = column(rows, &SessionRow::total_reward);
  if (numbers_in(returns) < 2) return graphs;
  const Color color = algorithm_color(subject.algorithm);
  const auto add = [&](std::string_view series, std::string_view axis, std::string title) -> Plot& {
    graphs.push_back({fmt::format("{}_session_graph_{}_{}_vs_{}", subject.prefix, df, series, axis), {}});
    Plot& plot = graphs.back().plot;
    plot.title = std::move(title);
    plot.subtitle = subtitle(subject, df);
    plot.x_label = "frames";
    return plot;
  };

  const PlotSeries moving_average{.label = "mean of the last 100 log points",
                                  .x = frames,
                                  .y = column(rows, &SessionRow::total_reward_ma),
                                  .band = {},
                                  .color = color};
  Plot& both = add("mean_returns", "frames", "Return");
  both.target = subject.target;
  both.series = {{.label = "return",
                  .x = frames,
                  .y = returns,
                  .band = {},
                  .color = color,
                  .style = Style::faint,
                  .end_value = false},
                 moving_average};
  Plot& average = add("mean_returns_ma", "frames", "Return, moving average");
  average.target = subject.target;
  average.series = {moving_average};

  for (const Quantity& quantity : kQuantities) {
    std::vector<double> values = column(rows, quantity.value);
    if (numbers_in(values) < 2) continue;
    add(quantity.name, "frame", std::string(quantity.title)).series = {
        {.label = "", .x = frames, .y = std::move(values), .band = {}, .color = color, .style = Style::normal}};
  }
  return graphs;
}

std::vector<Graph> trial_graphs(const GraphSubject& subject, std::span<const SessionMetrics> sessions) {
  std::vector<Graph> graphs;
  if (sessions.empty()) return graphs;
  const Color color = algorithm_color(subject.algorithm);
  const std::vector<double>& frames = sessions[0].frames;
  const std::size_t count = sessions.size();
  const std::string what = count == 1 ? "1 session" : fmt::format("{} sessions, mean ± standard deviation", count);
  const auto add = [&](std::string_view name, std::string title, std::vector<double> SessionMetrics::*values) {
    const auto series = series_of(sessions, values);
    Plot plot{.title = std::move(title),
              .subtitle = subtitle(subject, what),
              .x_label = "frames",
              .series = {},
              .target = subject.target};
    if (count > 1)
      for (std::size_t i = 0; i < count; ++i)
        plot.series.push_back({.label = i == 0 ? "each session" : "",
                               .x = sessions[i].frames,
                               .y = series[i],
                               .band = {},
                               .color = color,
                               .style = Style::faint,
                               .end_value = false});
    add_spread(frames, series, {.label = count == 1 ? "" : "mean", .x = {}, .y = {}, .band = {}, .color = color}, plot);
    if (numbers_in(plot.series.back().y) < 2) return;
    graphs.push_back({fmt::format("{}_trial_graph_{}_vs_frames", subject.prefix, name), std::move(plot)});
  };
  add("mean_returns", "Return", &SessionMetrics::mean_returns);
  add("mean_returns_ma", "Return, moving average", &SessionMetrics::mean_returns_ma);
  return graphs;
}

Graph multi_trial_graph(const std::string& prefix, const std::string& title, std::span<const TrialCurve> trials) {
  Graph graph{prefix + "_multi_trial_graph_mean_returns_ma_vs_frames", {}};
  graph.plot.title = title;
  graph.plot.subtitle = "return, mean of the last 100 log points; mean ± standard deviation over sessions";
  graph.plot.x_label = "frames";
  for (const TrialCurve& trial : trials) {
    if (trial.sessions.empty()) continue;
    add_spread(trial.sessions[0].frames, series_of(trial.sessions, &SessionMetrics::mean_returns_ma),
               {.label = trial.label, .x = {}, .y = {}, .band = {}, .color = trial.color}, graph.plot);
  }
  return graph;
}

void write_graph(const std::filesystem::path& folder, const Graph& graph, bool svg_too) {
  write(folder / (graph.name + ".png"), plot_png(graph.plot));
  if (svg_too) write(folder / (graph.name + ".svg"), plot_svg(graph.plot));
}

}  // namespace slm
