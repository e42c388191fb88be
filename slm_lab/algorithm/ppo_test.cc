#include "slm_lab/algorithm/ppo.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/test_env.h"

namespace slm {
namespace {

Vector vector(std::vector<float> values) {
  return Eigen::Map<Vector>(values.data(), static_cast<Eigen::Index>(values.size()));
}

TEST(ClippedSurrogate, MatchesTheEquationInDouble) {
  const std::vector<double> log_ratios{0.0, 0.3, -0.3, 0.3, -0.3, 0.05}, advantages{1, 2, 2, -2, -2, 0.5};
  constexpr double kEps = 0.2;
  double loss = 0, kl = 0, clipped_rows = 0;
  for (std::size_t i = 0; i < 6; ++i) {
    const double ratio = std::exp(log_ratios[i]);
    loss -= std::min(ratio * advantages[i], std::min(std::max(ratio, 1 - kEps), 1 + kEps) * advantages[i]) / 6;
    kl += (ratio - 1 - log_ratios[i]) / 6;
    clipped_rows += std::abs(ratio - 1) > kEps ? 1 : 0;
  }
  Vector old_log_probs = vector({-1, -2, -0.5f, -1, -0.1f, -3}), log_probs = old_log_probs, d(6);
  for (Eigen::Index i = 0; i < 6; ++i) log_probs[i] += static_cast<float>(log_ratios[static_cast<std::size_t>(i)]);
  const SurrogateLoss surrogate =
      clipped_surrogate(log_probs, old_log_probs, vector({1, 2, 2, -2, -2, 0.5f}), static_cast<float>(kEps), d);
  EXPECT_NEAR(surrogate.loss, loss, 1e-6);
  EXPECT_NEAR(surrogate.kl, kl, 1e-6);
  EXPECT_NEAR(surrogate.clip_fraction, clipped_rows / 6, 1e-6);
  EXPECT_EQ(d[1], 0);  // a good action that became likely enough
  EXPECT_EQ(d[4], 0);  // a bad one that became unlikely enough
}

TEST(ClippedSurrogate, GradientMatchesFiniteDifferences) {
  const Vector old_log_probs = vector({-1, -2, -0.5f, -1, -0.1f});
  const Vector advantages = vector({1, 2, 2, -2, -2});
  Vector log_probs = old_log_probs + vector({0.02f, 0.3f, -0.3f, 0.3f, -0.3f}), d(5), ignored(5);
  clipped_surrogate(log_probs, old_log_probs, advantages, 0.2f, d);
  for (Eigen::Index i = 0; i < 5; ++i) {
    constexpr float kStep = 1e-2f;
    const float x = log_probs[i];
    log_probs[i] = x + kStep;
    const float above = clipped_surrogate(log_probs, old_log_probs, advantages, 0.2f, ignored).loss;
    log_probs[i] = x - kStep;
    const float below = clipped_surrogate(log_probs, old_log_probs, advantages, 0.2f, ignored).loss;
    log_probs[i] = x;
    EXPECT_NEAR(d[i], (above - below) / (2 * kStep), 1e-4) << i;
  }
}

TEST(PpoSizes, RoundBothUpWhenOneDoesNotFit) {
  PpoConfig config;
  config.time_horizon = 256;
  config.minibatch_size = 128;
  EXPECT_EQ(ppo_sizes(config, 4).minibatch_size, 128);
  config.minibatch_size = 30;
  EXPECT_EQ(ppo_sizes(config, 4).minibatch_size, 32);
  EXPECT_EQ(ppo_sizes(config, 4).time_horizon, 256);
  config.time_horizon = 5;
  EXPECT_EQ(ppo_sizes(config, 4).time_horizon, 8);
}

// ---- One update of PPO against the same update computed in double precision, with a linear policy and critic that are
// linear in a one-hot observation: a table of logits and of values.

ActorCriticNetConfig linear_nets(double lr) {
  ActorCriticNetConfig nets;
  nets.actor.hid_layers = {};
  nets.actor.optim_spec = default_optimizer("SGD");
  nets.actor.optim_spec.lr = lr;
  nets.critic = nets.actor;
  return nets;
}

TEST(Ppo, OneUpdateEqualsTheSameInDouble) {
  OneHotEnv env(/*num_envs=*/2, /*num_classes=*/2, /*episode_length=*/1000, /*seed=*/3);
  PpoConfig config;
  config.gamma = 0.9;
  config.lam = 0.8;
  config.time_horizon = 4;
  config.minibatch_size = 8;
  config.training_epoch = 1;
  config.val_loss_coef = 0.5;
  config.entropy_coef_spec = Schedule{.start_val = 0.01, .end_val = 0.01};
  constexpr double kLr = 0.5;
  ActorCriticNetConfig nets = linear_nets(kLr);
  const Streams streams(5, 0, 0);
  Ppo ppo(config, nets, env.info(), streams);
  Rng act_rng(1), update_rng(2);

  // parameters: weight (2, 2) and bias (2) of the policy; weight (1, 2) and bias (1) of the critic
  const auto outputs_of = [&](int net, int input) {
    Matrix x = Matrix::Zero(1, 2);
    x(0, input) = 1;
    return Matrix(ppo.nets()[static_cast<std::size_t>(net)].net->infer(x));
  };
  double logits[2][2], values[2];
  for (int k = 0; k < 2; ++k) {
    for (int a = 0; a < 2; ++a) logits[k][a] = outputs_of(0, k)(0, a);
    values[k] = outputs_of(1, k)(0, 0);
  }

  Matrix obs, actions;
  StepResult step;
  env.reset(obs);
  int classes[5][2], chosen[4][2];
  double rewards[4][2];
  std::optional<TrainStats> stats;
  for (int t = 0; t < 4; ++t) {
    ppo.act(obs, ActMode::train, act_rng, actions);
    env.step(actions, step);
    ppo.observe(obs, actions, step);
    for (int e = 0; e < 2; ++e) {
      classes[t][e] = obs(e, 1) == 1 ? 1 : 0;
      chosen[t][e] = static_cast<int>(actions(e, 0));
      rewards[t][e] = step.rewards[e];
      classes[t + 1][e] = step.next_obs(e, 1) == 1 ? 1 : 0;
    }
    obs = step.obs;
    stats = ppo.update((t + 1) * 2, update_rng);
  }
  ASSERT_TRUE(stats.has_value());

  double advantages[4][2], targets[4][2], mean = 0, squares = 0;
  for (int e = 0; e < 2; ++e)
    for (int t = 3; t >= 0; --t) {
      advantages[t][e] = rewards[t][e] + 0.9 * values[classes[t + 1][e]] - values[classes[t][e]];
      if (t < 3) advantages[t][e] += 0.9 * 0.8 * advantages[t + 1][e];
      targets[t][e] = advantages[t][e] + values[classes[t][e]];
      mean += advantages[t][e] / 8;
    }
  for (auto& row : advantages)
    for (double a : row) squares += (a - mean) * (a - mean);
  const double deviation = std::sqrt(squares / 7) + 1e-8;

  // the ratio is 1, so d L / d logit_b = mean(-A ([a = b] - p_b)) + entropy_coef * mean(p_b (log p_b + H))
  double d_logits[2][2] = {}, d_values[2] = {}, value_loss = 0, entropy = 0;
  for (int t = 0; t < 4; ++t)
    for (int e = 0; e < 2; ++e) {
      const int k = classes[t][e];
      const double p1 = 1 / (1 + std::exp(logits[k][0] - logits[k][1])), p[2] = {1 - p1, p1};
      const double h = -p[0] * std::log(p[0]) - p[1] * std::log(p[1]);
      entropy += h / 8;
      const double advantage = (advantages[t][e] - mean) / deviation;
      for (int b = 0; b < 2; ++b)
        d_logits[k][b] += (-advantage * ((chosen[t][e] == b) - p[b]) + 0.01 * p[b] * (std::log(p[b]) + h)) / 8;
      const double error = values[k] - targets[t][e];
      value_loss += 0.5 * error * error / 8;
      d_values[k] += 0.5 * 2 * error / 8;
    }
  EXPECT_NEAR(stats->entropy, entropy, 1e-6);
  EXPECT_NEAR(stats->value_loss, value_loss, 1e-5);
  EXPECT_NEAR(stats->kl, 0, 1e-6);
  EXPECT_EQ(stats->clip_fraction, 0);

  // SGD on weight and bias: the output for class k moves by its own gradient and by that of the shared bias
  for (int k = 0; k < 2; ++k) {
    for (int b = 0; b < 2; ++b)
      EXPECT_NEAR(outputs_of(0, k)(0, b), logits[k][b] - kLr * (2 * d_logits[k][b] + d_logits[1 - k][b]), 2e-6);
    EXPECT_NEAR(outputs_of(1, k)(0, 0), values[k] - kLr * (2 * d_values[k] + d_values[1 - k]), 2e-6);
  }
}

TEST(Ppo, StopsAtTheTargetKl) {
  OneHotEnv env(4, 3, 50, 1);
  PpoConfig config;
  config.time_horizon = 32;
  config.minibatch_size = 32;
  config.training_epoch = 10;
  const auto opt_steps = [&](std::optional<double> target_kl) {
    config.target_kl = target_kl;
    Ppo ppo(config, linear_nets(1.0), env.info(), Streams(1, 0, 0));
    run_agent(ppo, env, 32);
    return ppo.opt_step();
  };
  EXPECT_EQ(opt_steps(std::nullopt), 2 * 10 * 4);  // two nets, ten epochs of four minibatches
  EXPECT_EQ(opt_steps(1e-6), 2 * 1 * 4);
}

TEST(Ppo, TrainsOnARemainder) {
  OneHotEnv env(4, 3, 50, 1);
  PpoConfig config;
  config.time_horizon = 8;
  config.minibatch_size = 20;
  config.training_epoch = 3;
  Ppo ppo(config, linear_nets(0.1), env.info(), Streams(1, 0, 0));
  run_agent(ppo, env, 8);
  EXPECT_EQ(ppo.opt_step(), 2 * 3 * 2);  // 20 and 12 rows
}

}  // namespace
}  // namespace slm
