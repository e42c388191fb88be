#include "slm_lab/algorithm/ppo.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/agent_spec.h"
#include "tests/support/double_actor_critic.h"

namespace slm::ppo_test {
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

// ---- Updates of PPO against the same in double precision, from the equations: both kinds of episode end are in each
// rollout, minibatches are drawn by the same generator, schedules move.

constexpr int kEnvs = 3, kHorizon = 9, kMinibatch = 9, kEpochs = 3;
constexpr double kClipEnd = 90, kLrEnd = 150;

struct Case {
  std::string label;
  bool discrete, shared;
  std::string keys;  // more of the algorithm
  DoublePpoConfig settings;
  bool bounded = false;  // tanh_mean and clamp_actions
  double largest_reward = 2;
  bool beta = false;
  friend void PrintTo(const Case& c, std::ostream* out) { *out << c.label; }
};

DoublePpoConfig settings() {
  return {.gamma = 0.8,
          .lam = 0.6,
          .clip_eps = 0.3,
          .entropy_coef = 0.2,
          .value_coef = 0.4,
          .actor_lr = 0.6,
          .critic_lr = 0.3,
          .max_norm = 0.8,
          .epochs = kEpochs,
          .minibatch_size = kMinibatch};
}

std::string spec(const Case& c) {
  const DoublePpoConfig& s = c.settings;
  const std::string optimizers = c.shared ? fmt::format(R"("optim_spec": {{"name": "SGD", "lr": {}}})", s.actor_lr)
                                          : fmt::format(R"("actor_optim_spec": {{"name": "SGD", "lr": {}}},
                                "critic_optim_spec": {{"name": "SGD", "lr": {}}})",
                                                        s.actor_lr, s.critic_lr);
  return fmt::format(R"({{"name": "PPO", "algorithm": {{"name": "PPO", "gamma": {}, "lam": {}, "val_loss_coef": {},
      "clip_eps_spec": {{"name": "linear_decay", "start_val": {}, "end_val": 0, "end_step": {}}},
      "entropy_coef_spec": {{"name": "linear_decay", "start_val": {}, "end_val": 0, "end_step": {}}},
      "time_horizon": {}, "minibatch_size": {}, "training_epoch": {}{}}}, "memory": {{"name": "OnPolicyBatchReplay"}},
      "net": {{"type": "MLPNet", "shared": {}, "use_same_optim": {}, "hid_layers": [5], "hid_layers_activation": "tanh",
        "clip_grad_val": {}, {}, "lr_scheduler_spec": {{"name": "LinearToZero", "frame": {}}}}}}})",
                     s.gamma, s.lam, s.value_coef, s.clip_eps, kClipEnd, s.entropy_coef, kClipEnd, kHorizon, kMinibatch,
                     kEpochs, c.keys, c.shared, c.shared, s.max_norm, optimizers, kLrEnd);
}

class PpoInDouble : public testing::TestWithParam<Case> {};

TEST_P(PpoInDouble, UpdatesAreEqual) {
  const Case& c = GetParam();
  const Space space = c.discrete ? Space::discrete(3) : two_actions(c.bounded || c.beta);
  NoiseEnv env(kEnvs, 4, space, 11, c.largest_reward);
  const auto agent = make_agent(spec(c), env.info());
  RecordedRun recorded(*agent, env);
  DoubleActorCritic nets(recorded, c.discrete, c.shared, c.bounded || c.beta ? std::optional(space) : std::nullopt,
                         c.beta);
  DoubleScale scale;
  DoublePercentiles percentiles;
  int num_minibatches = 0;
  for (int round = 0; round < 3; ++round) {
    std::optional<TrainStats> stats;
    for (int t = 0; t < kHorizon; ++t) {
      ASSERT_FALSE(stats.has_value());
      stats = recorded.one_step();
    }
    ASSERT_TRUE(stats.has_value());
    EXPECT_TRUE(!c.bounded || some_on_the_bounds_and_none_beyond(recorded.seen, space));
    const auto frame = static_cast<double>(recorded.frame);
    DoublePpoConfig now = c.settings;
    now.clip_eps *= 1 - frame / kClipEnd;
    now.entropy_coef *= 1 - frame / kClipEnd;
    now.actor_lr *= 1 - frame / kLrEnd;
    now.critic_lr *= 1 - frame / kLrEnd;
    num_minibatches += ppo_in_double(now, recorded.seen, recorded.update_rng, scale, percentiles, nets);
    EXPECT_EQ(agent->opt_step(), (c.shared ? 1 : 2) * num_minibatches);
    EXPECT_LT(nets.distance(), 5e-5) << "round " << round;
    recorded.seen.clear();
  }
}

std::vector<Case> cases() {
  std::vector<Case> all{{"Discrete", true, false, "", settings()},
                        {"Continuous", false, false, "", settings()},
                        {"SharedContinuous", false, true, "", settings()},
                        {"NotStandardized", true, false, R"(, "normalize_advantages": "none")", settings()},
                        {"ClippedValues", true, false, R"(, "clip_vloss": true)", settings()},
                        {"Recomputed", true, false, R"(, "recompute_advantages": true)", settings()},
                        {"TargetKl", true, false, R"(, "target_kl": 0.002)", settings()},
                        {"NormalizedTargets", true, true, R"(, "normalize_v_targets": true)", settings()},
                        {"Symlog", true, false, R"(, "symlog": true)", settings()},
                        {"SymlogClippedShared", true, true, R"(, "symlog": true, "clip_vloss": true)", settings()},
                        {"StandardizedRollout", true, false, R"(, "normalize_advantages": "standardize_rollout",
                         "recompute_advantages": true)",
                         settings()},
                        {"Percentile", true, false, R"(, "normalize_advantages": "percentile")", settings(), false, 40},
                        {"Beta", false, false, R"(, "action_pdtype": "Beta")", settings(), false, 2, true},
                        {"TanhMeanAndClampedActions", false, false, kBoundedKeys, settings(), true}};
  all[3].settings.normalize_advantages = "none";
  all[4].settings.clip_vloss = true;
  all[5].settings.recompute = true;
  all[6].settings.target_kl = 0.002;
  all[7].settings.normalize_targets = true;
  all[8].settings.symlog = true;
  all[9].settings.symlog = all[9].settings.clip_vloss = true;
  all[10].settings.normalize_advantages = "standardize_rollout";
  all[10].settings.recompute = true;
  all[11].settings.normalize_advantages = "percentile";
  return all;
}

INSTANTIATE_TEST_SUITE_P(Table, PpoInDouble, testing::ValuesIn(cases()),
                         [](const auto& instance) { return instance.param.label; });

ActorCriticNetConfig linear_nets(double lr) {
  ActorCriticNetConfig nets;
  nets.actor.type = MlpConfig{};
  nets.actor.optim_spec = default_optimizer("SGD");
  nets.actor.optim_spec.lr = lr;
  nets.critic = nets.actor;
  return nets;
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
  EXPECT_EQ(ppo.opt_step(), 2 * 3 * 2);  // 16 rows each
}

// Standardised advantages are at most sqrt(n) whatever the rewards, so neither is the policy's step; the raw advantage
// of a row that is left over would be a million.
TEST(Ppo, TakesNoStepAlongARawAdvantage) {
  OneHotEnv env(1, 2, 50, 1);
  PpoConfig config;
  config.time_horizon = 9;
  config.minibatch_size = 4;
  config.training_epoch = 1;
  config.clip_eps_spec = Schedule{.start_val = 1e6, .end_val = 1e6};  // no clipping holds it back
  Ppo ppo(config, linear_nets(0.01), env.info(), Streams(1, 0, 0));
  AgentRun run(ppo, env);
  for (int t = 0; t < 9; ++t) {
    ppo.act(run.obs, ActMode::train, run.act_rng, run.actions);
    env.step(run.actions, run.step);
    run.step.rewards *= 1e6f;
    ppo.observe(run.obs, run.actions, run.step);
    run.obs = run.step.obs;
    ppo.update(t + 1, run.update_rng);
  }
  ASSERT_EQ(ppo.opt_step(), 2 * 3);
  EXPECT_LT(ppo.nets()[0].net->infer(Matrix(Matrix::Identity(2, 2))).cwiseAbs().maxCoeff(), 10);
}

}  // namespace
}  // namespace slm::ppo_test
