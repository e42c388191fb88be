#include "slm_lab/algorithm/sil.h"

#include <gtest/gtest.h>

#include <map>

namespace slm {
namespace {

Vector vector(std::vector<float> values) {
  return Eigen::Map<Vector>(values.data(), static_cast<Eigen::Index>(values.size()));
}

TEST(ImitationLoss, CountsOnlyWhatWentBetterThanExpected) {
  ImitationConfig config;
  config.sil_policy_loss_coef = 2;
  config.sil_val_loss_coef = 0.5;
  const Vector log_probs = vector({-1, -2}), returns = vector({5, 1}), weights = vector({0.5f, 1});
  Vector values = vector({2, 3}), advantages, d_log_probs, d_values(2);
  const ImitationLoss loss =
      imitation_loss(config, log_probs, values, returns, weights, advantages, d_log_probs, d_values);
  EXPECT_EQ(advantages, vector({3, 0}));
  EXPECT_NEAR(loss.policy_loss, 2 * 0.5 * 1 * 3 / 2, 1e-6);
  EXPECT_NEAR(loss.value_loss, 0.5 * 0.5 * 0.5 * 9 / 2, 1e-6);
  EXPECT_EQ(d_log_probs, vector({-2 * 0.5f * 3 / 2, 0}));
  constexpr float kStep = 1e-2f;
  Vector ignored_a, ignored_p, ignored_v(2);
  values[0] += kStep;
  const double above =
      imitation_loss(config, log_probs, values, returns, weights, ignored_a, ignored_p, ignored_v).value_loss;
  values[0] -= 2 * kStep;
  const double below =
      imitation_loss(config, log_probs, values, returns, weights, ignored_a, ignored_p, ignored_v).value_loss;
  EXPECT_NEAR(d_values[0], (above - below) / (2 * kStep), 1e-4);
  EXPECT_EQ(d_values[1], 0);
}

// Two environments: the first plays 1, 2, 4 and terminates; the second is truncated after 8, 16 and then plays on.
TEST(ImitationReplay, StoresReturnsWhenAnEpisodeEnds) {
  EnvInfo info;
  info.obs_space = Space::box({-1e9f}, {1e9f});
  info.action_space = Space::discrete(9);
  info.num_envs = 2;
  ReplayConfig config;
  config.batch_size = 200;
  config.max_size = 100;
  ImitationReplay replay(config, 0.5f, info);
  StepResult step;
  const auto add = [&](float obs0, float reward0, bool terminated0, float obs1, float reward1, bool truncated1) {
    step.rewards = vector({reward0, reward1});
    step.terminated.resize(2);
    step.truncated.resize(2);
    step.terminated << terminated0, false;
    step.truncated << false, truncated1;
    replay.add(Matrix{{obs0}, {obs1}}, Matrix{{1}, {2}}, step);
  };
  add(10, 1, false, 20, 8, false);
  EXPECT_EQ(replay.size(), 0);
  add(11, 2, false, 21, 16, true);
  EXPECT_EQ(replay.size(), 2);
  add(12, 4, true, 22, 1, false);
  EXPECT_EQ(replay.size(), 5);  // the second environment's new episode has not ended

  const std::map<float, float> expected{{20, 8 + 16 / 2}, {21, 16}, {10, 1 + 2 / 2 + 4 / 4}, {11, 2 + 4 / 2}, {12, 4}};
  Rng rng(1);
  ImitationBatch batch;
  replay.sample(rng, 0, batch);
  std::map<float, float> seen;
  for (Eigen::Index i = 0; i < batch.obs.rows(); ++i) {
    seen[batch.obs(i, 0)] = batch.returns[i];
    EXPECT_EQ(batch.actions(i, 0), batch.obs(i, 0) < 15 ? 1 : 2);
  }
  EXPECT_EQ(seen, expected);
}

}  // namespace
}  // namespace slm
