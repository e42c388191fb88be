#include "slm_lab/report/graphs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <iterator>
#include <limits>

#include "slm_lab/base/error.h"
#include "slm_lab/base/file.h"
#include "tests/support/scratch_folder.h"

namespace slm::graphs_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const GraphSubject kSession{"ppo_cartpole_t0_s1", "PPO", "CartPole-v1", {{475, "solved"}}};

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

std::vector<std::string> titles(const Page& page) {
  std::vector<std::string> out;
  for (const Plot& plot : page.plots) out.push_back(plot.title);
  return out;
}

TEST(SessionGraph, HasAPlotForEveryQuantityThatChanges) {
  auto some = rows({10, 20, 30});
  auto graph = session_graph(kSession, some, {});
  ASSERT_TRUE(graph);
  EXPECT_THAT(titles(*graph), ElementsAre("", "Episode length (steps)", "Loss"));
  for (SessionRow& row : some) {
    row.entropy = row.frame;
    row.lr = 0.5;  // always the same: nothing to see
  }
  graph = session_graph(kSession, some, {});
  EXPECT_THAT(titles(*graph), ElementsAre("", "Episode length (steps)", "Loss", "Entropy of the policy (nats)"));
}

TEST(SessionGraph, EveryColumnOfARoundOfTrainingHasAPlot) {
  std::vector<SessionRow> some = rows({10, 20});
  for (SessionRow& row : some)
    for (const Column& column : kColumns)
      if (column.training) row.*column.value = row.frame + (column.value == &SessionRow::loss ? 1 : 0);
  const std::size_t all = session_graph(kSession, some, {})->plots.size();
  for (const Column& column : kColumns) {
    if (!column.training) continue;
    std::vector<SessionRow> without = some;
    for (SessionRow& row : without) row.*column.value = SessionRow::kNone;
    EXPECT_EQ(session_graph(kSession, without, {})->plots.size(), all - 1)
        << column.name << ": give it a row in kQuantities of report/graphs.cc";
  }
}

TEST(SessionGraph, ALossThatIsTheValueLossIsDrawnOnce) {
  auto some = rows({10, 20, 30});
  for (SessionRow& row : some) row.value_loss = row.loss;
  EXPECT_THAT(titles(*session_graph(kSession, some, {})), ElementsAre("", "Episode length (steps)", "Loss"));
}

TEST(SessionGraph, TheReturnIsInFrontOfItsAverageAndEvaluationsOfBoth) {
  const auto graph = session_graph(kSession, rows({10, 20, 60}), rows({100, 200}));
  const auto& series = graph->plots[0].series;
  ASSERT_EQ(series.size(), 3u);
  EXPECT_THAT(series[0].y, ElementsAre(10, 15, 30));
  EXPECT_EQ(series[0].end_value, 30);
  EXPECT_THAT(series[1].y, ElementsAre(10, 20, 60));
  EXPECT_TRUE(series[1].low.empty());
  EXPECT_THAT(series[2].y, ElementsAre(100, 200));
}

TEST(SessionGraph, ALongRunIsDrawnInStretchesWithTheirRange) {
  SessionRow row;
  std::vector<SessionRow> many;
  for (int i = 0; i < 80000; ++i) {
    row.frame = i + 1;
    row.total_reward = i % 2 == 0 ? 10 : 30;
    many.push_back(row);
  }
  const auto graph = session_graph(kSession, many, {});
  const PlotSeries& series = graph->plots[0].series[1];
  EXPECT_LE(series.y.size(), 500u);
  EXPECT_EQ(series.y[0], 20);
  EXPECT_EQ(series.low[0], 10);
  EXPECT_EQ(series.high[0], 30);
  EXPECT_EQ(series.x.back(), 80000);
  EXPECT_EQ(series.end_value, 30);  // the last log point, not the mean of the last stretch
}

TEST(SessionGraph, ALossOverDecadesHasALogScale) {
  EXPECT_FALSE(session_graph(kSession, rows({7, 70, 140}), {})->plots[2].log_scale);
  EXPECT_TRUE(session_graph(kSession, rows({7, 70, 1400}), {})->plots[2].log_scale);
  EXPECT_FALSE(session_graph(kSession, rows({-7, 70, 1400}), {})->plots[2].log_scale);
}

TEST(SessionGraph, ThereIsNothingToDrawBeforeTwoReturns) {
  EXPECT_FALSE(session_graph(kSession, {}, {}));
  EXPECT_FALSE(session_graph(kSession, rows({SessionRow::kNone, 5}), {}));
}

TEST(TrialGraph, MeanAndRangeOverTheShortestSession) {
  const std::vector sessions = {session_metrics(rows({1, 2, 3}), 0), session_metrics(rows({3, 2}), 0),
                                session_metrics(rows({8, 2}), 0)};
  const auto graph = trial_graph({"ppo_cartpole_t0", "PPO", "CartPole-v1", {}}, sessions);
  const auto& series = graph->plots.at(0).series;
  ASSERT_EQ(series.size(), 5u);                 // three sessions, their moving average, their mean in front
  EXPECT_THAT(series[3].y, ElementsAre(4, 3));  // of 1.5, 2.5 and 5
  const PlotSeries& mean = series[4];
  EXPECT_THAT(mean.x, ElementsAre(500, 1000));
  EXPECT_THAT(mean.y, ElementsAre(4, 2));
  EXPECT_THAT(mean.low, ElementsAre(1, 2));  // a standard deviation would reach below what any session had
  EXPECT_THAT(mean.high, ElementsAre(8, 2));
  EXPECT_EQ(mean.end_value, 2);
}

TEST(TrialGraph, OneSessionHasNoShade) {
  const auto graph = trial_graph(kSession, std::vector{session_metrics(rows({1, 2, 3}), 0)});
  ASSERT_EQ(graph->plots[0].series.size(), 2u);
  EXPECT_TRUE(graph->plots[0].series[1].low.empty());
}

TEST(MultiTrialGraph, HasOneCurvePerTrialInTheColourOfItsAlgorithm) {
  const SessionMetrics some = session_metrics(rows({1, 2, 3}), 0);
  const std::vector<TrialCurve> trials = {{"PPO", "PPO", {some, some}},
                                          {"none", "A2C", {}},
                                          {"DQN (Boltzmann)", "DQN (Boltzmann)", {some}},
                                          {"DQN (eps-greedy)", "DQN (eps-greedy)", {some}}};
  const Page graph = multi_trial_graph("CartPole-v1", trials);
  const auto& series = graph.plots[0].series;
  ASSERT_EQ(series.size(), 3u);
  EXPECT_EQ(series[0].end_name, "PPO");
  EXPECT_EQ(series[0].color.red, algorithm_color("PPO").red);
  EXPECT_EQ(series[1].color.red, series[2].color.red);
  EXPECT_FALSE(series[1].dashed);
  EXPECT_TRUE(series[2].dashed);  // what tells it from the other DQN
}

TEST(MultiTrialGraph, EndsWithTheShortestSessionThatHasBegun) {
  const SessionMetrics whole = session_metrics(rows({1, 2, 3, 4}), 0), begun = session_metrics(rows({5, 6}), 0);
  const SessionMetrics nothing = session_metrics(rows({SessionRow::kNone, SessionRow::kNone}), 0);
  const std::vector<TrialCurve> trials = {{"PPO", "PPO", {whole, begun, nothing}}};
  const PlotSeries series = multi_trial_graph("x", trials).plots[0].series.at(0);
  EXPECT_THAT(series.y, testing::ElementsAre(3, 3.5));  // moving averages 1, 1.5 and 5, 5.5
  EXPECT_EQ(series.end_value, 3.5);
}

TEST(Plot, TheSamePageGivesTheSameBytes) {
  const Page page = session_graph(kSession, rows({10, 20, 30}), {}).value();
  const Page other = session_graph(kSession, rows({10, 20, 40}), {}).value();
  const std::string png = page_png(page), svg = page_svg(page);
  page_svg(other);  // what was drawn before does not show
  EXPECT_EQ(page_png(page), png);
  EXPECT_EQ(page_svg(page), svg);
  EXPECT_NE(page_svg(other), svg);
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
    PlotSeries series;
    series.label = "a long name that makes its legend wrap into the next row, more than once, until all are shown";
    series.y = series.low = series.high = y;
    for (std::size_t i = 0; i < y.size(); ++i) series.x.push_back(static_cast<double>(i));
    if (!y.empty()) series.end_value = y.back();
    Page page{.title = "y", .subtitle = "", .plots = {}};
    for (const bool log_scale : {false, true}) {
      Plot plot{.title = "small", .x_label = "frames", .lines = {{3, "three"}, {-inf, "none"}}};
      plot.log_scale = log_scale;
      plot.series.assign(log_scale ? 1 : 40, series);
      page.plots.push_back(plot);
    }
    EXPECT_GT(page_png(page).size(), 10000u);
  }
}

TEST(WriteGraph, ReplacesTheFileWhole) {
  const ScratchFolder folder;
  const Page first = session_graph(kSession, rows({10, 20, 30}), {}).value();
  const Page second = session_graph(kSession, rows({10, 20, 40}), {}).value();
  for (const Page& page : {first, second}) {
    write_png(folder / "a.png", page);
    write_svg(folder / "a.svg", page);
  }
  EXPECT_EQ(read_file(folder / "a.svg"), page_svg(second));
  EXPECT_EQ(read_file(folder / "a.png"), page_png(second));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 2);
  EXPECT_THROW(write_png(folder / "missing" / "a.png", first), Error);
}

}  // namespace
}  // namespace slm::graphs_test
