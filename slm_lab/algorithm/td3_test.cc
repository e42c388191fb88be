// Updates of TD3 against the same in double precision, from algorithm 1 of Fujimoto et al. 2018.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "slm_lab/base/error.h"
#include "tests/support/twin_critics_run.h"

namespace slm::td3_test {
namespace {

struct Case {
  std::string label, memory, target, keys;  // target: the keys of the target nets; keys: more of the algorithm
  int policy_delay = 2, num_steps = 1;
  double noise = 0.1, noise_end = 0.1;  // on what is done
  double policy_noise = 0.2, noise_clip = 0.5;
  friend void PrintTo(const Case& c, std::ostream* out) { *out << c.label; }
};

constexpr int kActionDim = 2, kNoiseEnd = 60;

std::string spec(const Case& c) { return twin_critics_spec("TD3", c.memory, c.target, c.keys); }

MatrixD tanh_of(const MatrixD& x) { return x.array().tanh(); }
MatrixD clipped(const MatrixD& x, double bound) { return x.cwiseMax(-bound).cwiseMin(bound); }

class Td3InDouble : public testing::TestWithParam<Case> {};

TEST_P(Td3InDouble, UpdatesAreEqual) {
  const Case& c = GetParam();
  NoiseEnv env(kEnvs, 4, Space::box({kLow, kLow}, {kHigh, kHigh}));
  const auto agent = make_agent(spec(c), env.info(), 3, kMaxFrame);
  RecordedRun recorded(*agent, env);
  DoubleNet actor(recorded.net("net")), target_actor = actor;
  DoubleNet critics[2]{DoubleNet(recorded.net("q1_net")), DoubleNet(recorded.net("q2_net"))};
  DoubleNet targets[2]{critics[0], critics[1]};
  ASSERT_GT(critics[0].distance(recorded.net("q2_net")), 0.1) << "two critics of their own";
  DoubleReplay replay(kCapacity, kBatchSize);
  if (c.memory == kPrioritized) replay.prioritize({0.7, 0.01, false, true});

  const auto follow_all = [&](double coef) {
    target_actor.follow(actor, coef);
    for (std::size_t i = 0; i < 2; ++i) targets[i].follow(critics[i], coef);
  };
  int iteration = 0, num_updates = 0;
  for (int t = 1; t <= 26; ++t) {
    const DoubleNet acting = actor;
    const MatrixD obs = recorded.run.obs.floats().cast<double>();
    const std::optional<TrainStats> stats = recorded.one_step();
    const std::int64_t frame = t * kEnvs;

    // Until start_step transitions are there, actions are uniform; then they are the policy's and noise.
    Rng act_draws = recorded.act_rng;
    const double done = std::min(1.0, static_cast<double>(recorded.frame) / kNoiseEnd);
    const double std = c.noise + (c.noise_end - c.noise) * done;
    for (int e = 0; e < kEnvs; ++e) {
      MatrixD expected(1, kActionDim);
      if (frame - kEnvs < kStart)
        for (double& x : expected.reshaped()) x = act_draws.uniform(-1, 1);
      else
        expected = clipped(tanh_of(acting(obs.row(e))) + std * normal_matrix(1, kActionDim, act_draws), 1);
      const Matrix& in_env = recorded.run.scale.to_env(recorded.run.actions);
      for (Eigen::Index j = 0; j < kActionDim; ++j) {
        EXPECT_NEAR(recorded.run.actions(e, j), expected(0, j), 1e-5) << "t " << t;
        EXPECT_NEAR(in_env(e, j), kCentre + kHalf * expected(0, j), 1e-5) << "t " << t;
      }
    }

    replay.add_new(recorded.seen);
    const bool due = frame > kStart && frame / kFrequency > (frame - kEnvs) / kFrequency;
    ASSERT_EQ(stats.has_value(), due) << "t " << t;
    if (due) {
      ++num_updates;
      Rng draws = recorded.update_rng;
      const auto before = static_cast<double>(recorded.frame);
      const double lr = kLr * (1 - before / kLrEnd);
      double q_loss_sum = 0, value_sum = 0, error_sum = 0, policy_loss_sum = 0;
      int policy_steps = 0;
      for (int iter = 0; iter < kIter; ++iter) {
        const DoubleBatch batch =
            replay.draw(draws, kGamma, c.num_steps, 0.3 + 0.7 * before / static_cast<double>(kMaxFrame));
        // y = r + gamma min_i Q_target_i(s', clip(pi_target(s') + clip(noise, -c, c), -1, 1))
        const MatrixD noise = clipped(c.policy_noise * normal_matrix(kBatchSize, kActionDim, draws), c.noise_clip);
        const MatrixD next_inputs = joined(batch.next_obs, clipped(tanh_of(target_actor(batch.next_obs)) + noise, 1));
        const VectorD next_values = targets[0](next_inputs).cwiseMin(targets[1](next_inputs));
        const VectorD y = batch.rewards + batch.discounts.cwiseProduct(next_values);

        const MatrixD inputs = joined(batch.obs, batch.actions);
        const auto q_of = [&](const DoubleNet& critic) { return VectorD(critic(inputs)); };
        replay.set_priorities(batch, ((y - q_of(critics[0])).cwiseAbs() + (y - q_of(critics[1])).cwiseAbs()) / 2);
        for (DoubleNet& critic : critics) {
          const auto loss = [&] { return (q_of(critic) - y).cwiseAbs2().cwiseProduct(batch.weights).mean(); };
          q_loss_sum += loss();
          value_sum += q_of(critic).mean() / 2;
          error_sum += (q_of(critic) - y).cwiseAbs().mean() / 2;
          critic.descend(critic.gradient(loss), lr, kClip);
        }
        if (++iteration % c.policy_delay != 0) continue;

        // J = -mean of Q_1(s, pi(s))
        const auto loss = [&] { return -critics[0](joined(batch.obs, tanh_of(actor(batch.obs)))).mean(); };
        const std::vector<double> gradient = actor.gradient(loss);
        policy_loss_sum += loss();
        ++policy_steps;
        actor.descend(gradient, lr, kClip);
        if (c.target == kPolyakKeys) follow_all(kPolyak);
      }
      EXPECT_NEAR(stats->value_loss, q_loss_sum / kIter, 5e-5) << "t " << t;
      EXPECT_NEAR(stats->q_value, value_sum / kIter, 5e-5) << "t " << t;
      EXPECT_NEAR(stats->td_error, error_sum / kIter, 5e-5) << "t " << t;
      if (policy_steps > 0) {
        EXPECT_NEAR(stats->policy_loss, policy_loss_sum / policy_steps, 5e-5) << "t " << t;
      }
    }
    if (c.target == kReplaceKeys && frame % kReplace < kEnvs) follow_all(1);
    ASSERT_LT(actor.distance(recorded.net("net")), 5e-5) << "t " << t;
    ASSERT_LT(target_actor.distance(recorded.net("target_net")), 5e-5) << "t " << t;
    for (std::size_t i = 0; i < 2; ++i) {
      const std::string number = std::to_string(i + 1);
      ASSERT_LT(critics[i].distance(recorded.net("q" + number + "_net")), 5e-5) << "t " << t;
      ASSERT_LT(targets[i].distance(recorded.net("target_q" + number + "_net")), 5e-5) << "t " << t;
    }
  }
  EXPECT_GT(num_updates, 8);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Td3InDouble,
    testing::Values(Case{"Defaults", kUniform, kPolyakKeys, ""},
                    Case{"ReplaceEveryUpdateWideNoise", kUniform, kReplaceKeys,
                         R"(, "policy_delay": 1, "policy_noise": 1.5, "noise_clip": 0.9)", 1, 1, 0.1, 0.1, 1.5, 0.9},
                    Case{"PerTwoStepsFadingNoise", kPrioritized, kPolyakKeys,
                         fmt::format(R"(, "num_step_returns": 2, "explore_var_spec": {{"name": "linear_decay",
                           "start_val": 0.9, "end_val": 0.3, "start_step": 0, "end_step": {}}})",
                                     kNoiseEnd),
                         2, 2, 0.9, 0.3}),
    [](const auto& instance) { return instance.param.label; });

TEST(Td3, ExploresAsItsScheduleEndsWhenEvaluated) {
  NoiseEnv env(kEnvs, 4, Space::box({kLow, kLow}, {kHigh, kHigh}));
  const Case faded{"", kUniform, kPolyakKeys, R"(, "explore_var_spec": {"name": "linear_decay", "start_val": 0.5,
      "end_val": 0.02, "start_step": 0, "end_step": 100000})"};
  const auto agent = make_agent(spec(faded), env.info(), 3, kMaxFrame);
  AgentRun run(*agent, env);
  Matrix greedy, evaluated;
  agent->act(run.obs, ActMode::greedy, run.act_rng, greedy);
  constexpr int kTimes = 100;
  double squares = 0;
  for (int i = 0; i < kTimes; ++i) {
    agent->act(run.obs, ActMode::evaluate, run.act_rng, evaluated);
    squares += (evaluated - greedy).squaredNorm();
  }
  // The standard deviation of 600 draws is within 15 % of 0.02 for all but one of 10^6 seeds.
  EXPECT_NEAR(std::sqrt(squares / (kTimes * kEnvs * kActionDim)), 0.02, 0.003);
}

TEST(Td3, NeedsBoundedContinuousActions) {
  constexpr float inf = std::numeric_limits<float>::infinity();
  for (const Space& space : {Space::discrete(3), Space::box({-inf}, {1}), Space::box({-1}, {inf})}) {
    const NoiseEnv env(kEnvs, 4, space);
    EXPECT_THROW(make_agent(spec({"", kUniform, kPolyakKeys, ""}), env.info()), SpecError);
  }
}

}  // namespace
}  // namespace slm::td3_test
