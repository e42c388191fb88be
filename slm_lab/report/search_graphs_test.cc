#include "slm_lab/report/search_graphs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "slm_lab/report/parameter_axis.h"
#include "slm_lab/report/search_painter.h"

namespace slm::search_graphs_test {
namespace {

using testing::ElementsAre;
using End = SearchedTrial::End;

SearchSubject search_of(int num_trials) {
  SearchSubject search{"ppo_cartpole", "PPO", "CartPole-v1", {}, {}};
  search.parameters = {{"agent.algorithm.gamma", false, {}, 0.55},
                       {"agent.net.actor_optim_spec.lr", true, {}, 0.3},
                       {"agent.net.critic_optim_spec.lr", true, {}, 0.02},
                       {"agent.net.hid_layers", false, {"[64, 64]", "[256, 256]", "[400, 300]"}, 0.1},
                       {"agent.algorithm.time_horizon", false, {}, 0.03}};
  for (int i = 0; i < num_trials; ++i) {
    const double u = std::fmod(i * 0.618, 1), v = std::fmod(i * 0.414, 1), w = std::fmod(i * 0.732, 1);
    SearchedTrial trial{.number = i,
                        .parameters = {0.9 + 0.099 * u, std::pow(10, -5 + 3 * v), std::pow(10, -4 + 2 * w),
                                       double(i % 3), 32.0 * (1 + i % 8)}};
    trial.total_reward_ma = 500 * u * (1 - std::abs(v - 0.6));
    trial.strength = 0.8 * trial.total_reward_ma - 20;
    trial.end = i % 11 == 7 ? End::failed : i % 3 > 0 && trial.total_reward_ma < 250 ? End::stopped : End::finished;
    const int points = trial.end == End::finished ? 40 : 6 + i % 9;
    for (int k = 0; k < points; ++k) {
      trial.frames.push_back(2500.0 * (k + 1));
      trial.returns.push_back(trial.total_reward_ma * (1 - std::exp(-(k + 1) / 10.0)) + 8 * std::sin(k * 1.7 + i));
    }
    if (trial.end == End::failed) trial.total_reward_ma = trial.strength = std::nan("");
    search.trials.push_back(std::move(trial));
  }
  return search;
}

TEST(ParameterNames, AreTheShortestEndsThatTellApart) {
  EXPECT_THAT(parameter_names(search_of(0)),
              ElementsAre("gamma", "actor_optim_spec.lr", "critic_optim_spec.lr", "hid_layers", "time_horizon"));
}

TEST(Cut, CountsCharacters) {
  EXPECT_EQ(cut("gamma", 5), "gamma");
  EXPECT_EQ(cut("gammas", 5), "gamm…");
  EXPECT_EQ(cut("αβγδ", 4), "αβγδ");
  EXPECT_EQ(cut("αβγδ", 3), "αβ…");
}

TEST(ParameterAxis, SpansWhatTrialsTried) {
  const SearchSubject search = search_of(30);
  const Axis gamma = parameter_axis(search, 0, 5), lr = parameter_axis(search, 1, 5),
             layers = parameter_axis(search, 3, 5);
  EXPECT_FALSE(gamma.logarithmic);
  EXPECT_TRUE(lr.logarithmic);
  EXPECT_THAT(layers.labels, ElementsAre("[64, 64]", "[256, 256]", "[400, 300]"));
  for (const SearchedTrial& trial : search.trials) {
    EXPECT_GT(gamma.at(trial.parameters[0]), 0);
    EXPECT_LT(lr.at(trial.parameters[1]), 1);
  }
  EXPECT_DOUBLE_EQ(layers.at(0), 1. / 6);
}

TEST(SearchGraphs, AreFiveAsSoonAsATrialHasAReturn) {
  EXPECT_TRUE(search_graphs(search_of(0)).empty());
  SearchSubject failed = search_of(1);
  failed.trials[0].total_reward_ma = std::nan("");
  EXPECT_TRUE(search_graphs(failed).empty());
  std::vector<std::string_view> of;
  for (const SearchGraph& graph : search_graphs(search_of(30))) {
    of.push_back(graph.of);
    EXPECT_GT(drawing_png(graph.drawing).size(), 5000u) << graph.of;
  }
  EXPECT_THAT(of, ElementsAre("", "slices", "parallel_coordinates", "importance", "learning_curves"));
}

TEST(SearchGraphs, OneTrialOneParameterAndAllAlikeAreDrawn) {
  SearchSubject search = search_of(1);
  search.parameters.resize(1);
  search.trials[0].parameters.resize(1);
  for (const SearchGraph& graph : search_graphs(search))
    EXPECT_EQ(drawing_svg(graph.drawing).find("nan"), std::string::npos) << graph.of;
  search = search_of(12);
  for (SearchedTrial& trial : search.trials) {
    trial.parameters = search.trials[0].parameters;
    trial.total_reward_ma = trial.strength = 7;
  }
  for (const SearchGraph& graph : search_graphs(search)) {
    const std::string svg = drawing_svg(graph.drawing);
    EXPECT_EQ(svg.find("nan"), std::string::npos) << graph.of;
    EXPECT_EQ(svg.find("inf"), std::string::npos) << graph.of;
  }
}

}  // namespace
}  // namespace slm::search_graphs_test
