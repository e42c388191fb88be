#include "slm_lab/algorithm/exploration.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "slm_lab/base/archive.h"
#include "slm_lab/spec/report.h"

namespace slm::exploration_test {
namespace {

constexpr int kRows = 10'000;

ActionConfig config(std::string action_policy, double explore_var) {
  return {
      .action_policy = std::move(action_policy),
      .explore_var_spec = Schedule{.name = "linear_decay", .start_val = explore_var, .end_val = 0, .end_step = 100}};
}

Matrix same_rows(const Matrix& row) { return row.replicate(kRows, 1); }

double share_of(const Matrix& actions, float action) { return (actions.array() == action).cast<double>().mean(); }

TEST(Exploration, EpsilonGreedyExploresPerRow) {
  Exploration exploration(config("epsilon_greedy", 0.3), Space::discrete(3));
  Rng rng(1);
  Matrix actions(kRows, 1);
  exploration.choose(same_rows(Matrix{{1, 5, 2}}), ActMode::train, 0, rng, actions);
  EXPECT_NEAR(share_of(actions, 1), 0.8, 0.02);  // 0.7 + 0.3 / 3; 0.02 is five standard errors
  EXPECT_NEAR(share_of(actions, 0), 0.1, 0.02);
}

TEST(Exploration, FollowsTheScheduleAndEndsItInEvaluation) {
  Exploration exploration(config("epsilon_greedy", 1.0), Space::discrete(2));
  Rng rng(1);
  Matrix actions(kRows, 1);
  const Matrix outputs = same_rows(Matrix{{0, 1}});
  EXPECT_EQ(exploration.explore_var(50), 0.5);
  exploration.choose(outputs, ActMode::train, 50, rng, actions);
  EXPECT_NEAR(share_of(actions, 0), 0.25, 0.025);
  exploration.choose(outputs, ActMode::evaluate, 50, rng, actions);
  EXPECT_EQ(share_of(actions, 0), 0);
}

TEST(Exploration, BoltzmannDividesByTau) {
  Exploration exploration(config("boltzmann", 2.0), Space::discrete(2));
  Rng rng(1);
  Matrix actions(kRows, 1);
  exploration.choose(same_rows(Matrix{{0, 2}}), ActMode::train, 0, rng, actions);
  EXPECT_NEAR(share_of(actions, 1), 1 / (1 + std::exp(-1.0)), 0.025);
  exploration.choose(same_rows(Matrix{{0, 2}}), ActMode::train, 100, rng, actions);  // tau = 0: greedy
  EXPECT_EQ(share_of(actions, 1), 1);
}

/// 7, and noise of a standard deviation of 3 that lasts for four steps of training.
class LastingNoise {
 public:
  float action(ActMode mode) {
    Matrix actions(1, 1);
    exploration.choose(Matrix{{7, 0, std::log(3.0f), 0, 1}}, mode, 0, rng, actions);
    return actions(0, 0);
  }
  Exploration exploration{{.sde = SdeConfig{.sample_freq = 4}}, Space::box({-9}, {9})};
  Rng rng{3};
};
constexpr float kRemainder = 0.08f;  // exp(-5) is drawn anew: six standard deviations of a difference

TEST(Exploration, KeepsTheNoiseOfGsdeForSomeStepsOfTrainingAlone) {
  LastingNoise one;
  const float first = one.action(ActMode::train), second = one.action(ActMode::train);
  const float evaluated = one.action(ActMode::evaluate), third = one.action(ActMode::train);
  one.action(ActMode::train);
  EXPECT_NEAR(second, first, kRemainder);
  EXPECT_NEAR(third, first, kRemainder);
  EXPECT_GT(std::abs(evaluated - first), kRemainder);
  EXPECT_GT(std::abs(one.action(ActMode::train) - first), kRemainder) << "the fifth step of training";
}

TEST(Exploration, KeepsTheNoiseOfGsdeInACheckpoint) {
  LastingNoise saved, loaded;
  const float before = saved.action(ActMode::train);
  Archive archive;
  saved.exploration.serialize(archive);
  Archive reopened = archive.reopened();
  loaded.exploration.serialize(reopened);
  loaded.rng = Rng(4);
  EXPECT_NEAR(loaded.action(ActMode::train), before, kRemainder);
}

TEST(Exploration, GreedyIsTheModeAndDrawsNothing) {
  Exploration exploration(config("random", 0), Space::discrete(3));
  Rng rng(1);
  const Rng::State before = rng.state();
  Matrix actions(2, 1);
  exploration.choose(Matrix{{1, 5, 2}, {9, 5, 2}}, ActMode::greedy, 0, rng, actions);
  EXPECT_EQ(actions, (Matrix{{1}, {0}}));
  EXPECT_TRUE(rng.state() == before);
}

// Around 5 and -5 with standard deviation 1 nearly every draw lies outside of [-2, 4] and [0, 1]; the third action has
// one bound only.
TEST(Exploration, ClampsWhatWasDrawnToTheBoundsOfEachAction) {
  constexpr float kInf = std::numeric_limits<float>::infinity();
  const Space space = Space::box({-2, 0, -kInf}, {4, 1, 2});
  const Matrix outputs = same_rows(Matrix{{5, -5, 1, 0, 0, 0}});
  Matrix drawn, clamped;
  Rng rng(1), same_rng(1);
  Exploration({}, space).act(outputs, ActMode::train, 0, rng, drawn);
  Exploration({.clamp_actions = true}, space).act(outputs, ActMode::train, 0, same_rng, clamped);
  ASSERT_GT(drawn.col(0).maxCoeff(), 4);
  ASSERT_LT(drawn.col(2).minCoeff(), -2);
  for (Eigen::Index i = 0; i < kRows; ++i) {
    EXPECT_EQ(clamped(i, 0), std::min(drawn(i, 0), 4.0f));
    EXPECT_EQ(clamped(i, 1), std::clamp(drawn(i, 1), 0.0f, 1.0f));
    EXPECT_EQ(clamped(i, 2), std::min(drawn(i, 2), 2.0f));
  }
}

TEST(SampleSpace, StaysInsideAndCoversTheBounds) {
  constexpr float kInf = std::numeric_limits<float>::infinity();
  const Space space = Space::box({-2, 0, -kInf, -kInf}, {2, kInf, 3, kInf});
  Rng rng(1);
  Matrix actions(kRows, 4);
  sample_space(space, rng, actions);
  EXPECT_GE(actions.col(0).minCoeff(), -2);
  EXPECT_LE(actions.col(0).maxCoeff(), 2);
  EXPECT_NEAR(actions.col(0).mean(), 0, 0.06);
  EXPECT_GE(actions.col(1).minCoeff(), 0);
  EXPECT_NEAR(actions.col(1).mean(), 1, 0.05);
  EXPECT_LE(actions.col(2).maxCoeff(), 3);
  EXPECT_NEAR(actions.col(2).mean(), 2, 0.05);
  EXPECT_NEAR(actions.col(3).mean(), 0, 0.05);
}

std::size_t num_problems(const ActionConfig& c, const Space& space, bool needs_gradient) {
  SpecReport report("test.json");
  const JsonNode root = parse_json(R"({"action_pdtype": "x"})", "test.json");
  SpecReader reader(&root, "", report);
  check_action_config(c, {.name = "Test", .obs_space = {}, .action_space = space}, needs_gradient, reader);
  return report.problems().size();
}

TEST(CheckActionConfig, RefusesWhatDoesNotFit) {
  const Space discrete = Space::discrete(2), box = Space::box({-1}, {1});
  EXPECT_EQ(num_problems({}, discrete, true), 0u);
  EXPECT_EQ(num_problems({}, box, true), 0u);
  EXPECT_EQ(num_problems({.action_pdtype = "Normal"}, discrete, true), 1u);
  EXPECT_EQ(num_problems({.action_pdtype = "Gumbel"}, box, true), 1u);
  EXPECT_EQ(num_problems({.action_pdtype = "Beta"}, box, true), 0u);
  EXPECT_EQ(num_problems({.action_pdtype = "Beta"}, Space::box({1}, {1}), true), 1u);
  EXPECT_EQ(num_problems({.action_pdtype = "Argmax"}, discrete, true), 1u);
  EXPECT_EQ(num_problems({.action_pdtype = "Argmax"}, discrete, false), 0u);
  EXPECT_EQ(num_problems(config("boltzmann", 1), box, true), 1u);
  EXPECT_EQ(num_problems({.action_policy = "epsilon_greedy"}, discrete, true), 1u);  // no schedule
  EXPECT_EQ(num_problems({.action_policy = "epsilon_greedy"}, discrete, false), 0u) << "required as it is read";
  EXPECT_EQ(num_problems({.tanh_mean = true, .clamp_actions = true}, box, true), 0u);
  constexpr float kInf = std::numeric_limits<float>::infinity();
  EXPECT_EQ(num_problems({.tanh_mean = true, .clamp_actions = true}, Space::box({0}, {kInf}), true), 1u);
  EXPECT_EQ(num_problems({.action_pdtype = "Beta"}, Space::box({0}, {kInf}), true), 1u);
}

}  // namespace
}  // namespace slm::exploration_test
