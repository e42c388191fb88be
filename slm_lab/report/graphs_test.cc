#include "slm_lab/report/graphs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <iterator>
#include <limits>

#include "slm_lab/base/error.h"
#include "slm_lab/base/file.h"
#include "tests/support/scratch_folder.h"

namespace slm {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const GraphSubject kSession{"ppo_cartpole_t0_s1", "PPO", "CartPole-v1", 400};

std::vector<SessionRow> rows(std::initializer_list<double> returns) {
  SessionRecord record(1);
  double frame = 0;
  for (const double value : returns) {
    SessionRow row;
    row.frame = frame += 500;
    if (!std::isnan(value)) record.add_episode(0, value, value);
    SessionRow round;
    round.loss = value / 7;
    record.add_training(round);
    record.add_log_point(row);
  }
  return {record.rows().begin(), record.rows().end()};
}

std::vector<std::string> names(const std::vector<Graph>& graphs) {
  std::vector<std::string> out;
  for (const Graph& graph : graphs) out.push_back(graph.name);
  return out;
}

TEST(SessionGraphs, AreThoseTheSessionHasNumbersFor) {
  auto some = rows({10, 20, 30});
  EXPECT_THAT(names(session_graphs(kSession, "train", some)),
              ElementsAre("ppo_cartpole_t0_s1_session_graph_train_mean_returns_vs_frames",
                          "ppo_cartpole_t0_s1_session_graph_train_mean_returns_ma_vs_frames",
                          "ppo_cartpole_t0_s1_session_graph_train_loss_vs_frame"));
  for (SessionRow& row : some) row.entropy = 0.5;
  EXPECT_EQ(session_graphs(kSession, "eval", some).back().name,
            "ppo_cartpole_t0_s1_session_graph_eval_entropy_vs_frame");
}

TEST(SessionGraphs, ThereIsNothingToDrawBeforeTwoReturns) {
  EXPECT_TRUE(session_graphs(kSession, "train", {}).empty());
  EXPECT_TRUE(session_graphs(kSession, "train", rows({SessionRow::kNone, 5})).empty());
}

TEST(TrialGraphs, MeanAndDeviationOverTheShortestSession) {
  const std::vector sessions = {session_metrics(rows({1, 2, 3}), 0), session_metrics(rows({3, 2}), 0)};
  const auto graphs = trial_graphs({"ppo_cartpole_t0", "PPO", "CartPole-v1", {}}, sessions);
  EXPECT_THAT(names(graphs), ElementsAre("ppo_cartpole_t0_trial_graph_mean_returns_vs_frames",
                                         "ppo_cartpole_t0_trial_graph_mean_returns_ma_vs_frames"));
  const PlotSeries& mean = graphs[0].plot.series.back();
  EXPECT_THAT(mean.x, ElementsAre(500, 1000));
  EXPECT_THAT(mean.y, ElementsAre(2, 2));
  EXPECT_THAT(mean.band, ElementsAre(std::sqrt(2.0), 0));
  EXPECT_EQ(graphs[0].plot.series.size(), 3u);  // two sessions behind it
}

TEST(TrialGraphs, OneSessionHasNoShade) {
  const auto graphs = trial_graphs(kSession, std::vector{session_metrics(rows({1, 2, 3}), 0)});
  ASSERT_EQ(graphs.at(0).plot.series.size(), 1u);
  EXPECT_TRUE(graphs[0].plot.series[0].band.empty());
}

TEST(MultiTrialGraph, HasOneCurvePerTrial) {
  const std::vector<TrialCurve> trials = {
      {"PPO", algorithm_color("PPO"), {session_metrics(rows({1, 2, 3}), 0), session_metrics(rows({1, 2, 3}), 0)}},
      {"none", kPalette[1], {}},
      {"A2C", algorithm_color("A2C"), {session_metrics(rows({1, 2}), 0)}}};
  const Graph graph = multi_trial_graph("CartPole-v1", "CartPole-v1", trials);
  EXPECT_EQ(graph.name, "CartPole-v1_multi_trial_graph_mean_returns_ma_vs_frames");
  ASSERT_EQ(graph.plot.series.size(), 2u);
  EXPECT_EQ(graph.plot.series[1].label, "A2C");
}

TEST(Plot, TheSamePlotGivesTheSameBytes) {
  const auto graphs = session_graphs(kSession, "train", rows({10, 20, 30}));
  const std::string png = plot_png(graphs[0].plot), svg = plot_svg(graphs[0].plot);
  plot_svg(graphs[1].plot);  // what was drawn before does not show
  EXPECT_EQ(plot_png(graphs[0].plot), png);
  EXPECT_EQ(plot_svg(graphs[0].plot), svg);
  EXPECT_NE(plot_svg(graphs[1].plot), svg);
  EXPECT_EQ(png.substr(0, 8), "\x89PNG\r\n\x1a\n");
  EXPECT_THAT(svg, HasSubstr("<svg"));
  EXPECT_THAT(svg, testing::EndsWith("</svg>\n"));
}

TEST(Plot, DrawsWhateverItIsGiven) {
  const double inf = std::numeric_limits<double>::infinity();
  for (const std::vector<double>& y : {std::vector<double>{},
                                       {1},
                                       {NAN, NAN},
                                       {0, 0, 0},
                                       {-inf, 3, inf},
                                       {1e300, -1e300},
                                       {1e-300, 2e-300},
                                       {5, NAN, 7}}) {
    Plot plot{.title = "y", .subtitle = "", .x_label = "frames", .series = {}, .target = {}};
    PlotSeries series;
    series.label = "a long name that makes its legend wrap into the next row, more than once, until all are shown";
    series.y = y;
    for (std::size_t i = 0; i < y.size(); ++i) series.x.push_back(static_cast<double>(i));
    plot.series.assign(40, series);
    EXPECT_GT(plot_png(plot).size(), 10000u);
  }
}

TEST(WriteGraph, ReplacesTheFileWhole) {
  const ScratchFolder folder;
  const auto graphs = session_graphs(kSession, "train", rows({10, 20, 30}));
  write_graph(folder.path(), {"a", graphs[0].plot}, /*svg_too=*/true);
  write_graph(folder.path(), {"a", graphs[1].plot}, /*svg_too=*/true);
  EXPECT_EQ(read_file(folder / "a.svg"), plot_svg(graphs[1].plot));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 2);
  EXPECT_THROW(write_graph(folder / "missing", {"a", graphs[0].plot}, false), Error);
}

}  // namespace
}  // namespace slm
