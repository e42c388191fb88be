// Updates of SAC against the same in double precision, from the equations of Haarnoja et al. 2018 and Christodoulou
// 2019.
#include <gtest/gtest.h>

#include "tests/support/soft_policy_in_double.h"
#include "tests/support/twin_critics_run.h"

namespace slm::sac_test {
namespace {

struct Case {
  std::string label;
  bool discrete;
  std::string memory, target, keys;  // target: the keys of the target nets; keys: more of the algorithm
  double target_entropy;
  int policy_delay = 1, num_steps = 1;
  std::optional<double> fixed_alpha = {}, alpha_lr = {};
  friend void PrintTo(const Case& c, std::ostream* out) { *out << c.label; }
};

constexpr int kActions = 3;

class SacInDouble : public testing::TestWithParam<Case> {};

TEST_P(SacInDouble, UpdatesAreEqual) {
  const Case& c = GetParam();
  NoiseEnv env(kEnvs, 4, c.discrete ? Space::discrete(kActions) : Space::box({kLow, kLow}, {kHigh, kHigh}));
  const auto agent =
      make_agent(twin_critics_spec("SoftActorCritic", c.memory, c.target, c.keys), env.info(), 3, kMaxFrame);
  RecordedRun recorded(*agent, env);
  DoubleNet actor(recorded.net("net"));
  DoubleNet critics[2]{DoubleNet(recorded.net("q1_net")), DoubleNet(recorded.net("q2_net"))};
  DoubleNet targets[2]{critics[0], critics[1]};
  ASSERT_GT(critics[0].distance(recorded.net("q2_net")), 0.1) << "two critics of their own";
  DoubleReplay replay(kCapacity, kBatchSize);
  if (c.memory == kPrioritized) replay.prioritize({0.7, 0.01, false, true});

  double log_alpha = 0;
  int iteration = 0, num_updates = 0;
  for (int t = 1; t <= 26; ++t) {
    const DoubleNet acting = actor;
    const MatrixD obs = recorded.run.obs.floats().cast<double>();
    const std::optional<TrainStats> stats = recorded.one_step();
    const std::int64_t frame = t * kEnvs;

    // Until start_step transitions are there, actions are uniform; then they are the policy's.
    Rng act_draws = recorded.act_rng;
    for (int e = 0; e < kEnvs; ++e) {
      const MatrixD expected = frame - kEnvs < kStart ? uniform_action(c.discrete, kActions, act_draws)
                                                      : drawn_action(c.discrete, acting(obs.row(e)), act_draws);
      const Matrix& in_env = recorded.run.scale.to_env(recorded.run.actions);
      for (Eigen::Index j = 0; j < expected.cols(); ++j) {
        EXPECT_NEAR(recorded.run.actions(e, j), expected(0, j), 1e-5) << "t " << t;
        EXPECT_NEAR(in_env(e, j), c.discrete ? expected(0, j) : kCentre + kHalf * expected(0, j), 1e-5) << "t " << t;
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
        const double alpha = c.fixed_alpha.value_or(std::exp(log_alpha));
        const DoubleBatch batch =
            replay.draw(draws, kGamma, c.num_steps, 0.3 + 0.7 * before / static_cast<double>(kMaxFrame));
        // V(s') = E_a'[min_i Q_target_i(s', a') - alpha log pi(a'|s')]
        VectorD next_values;
        if (c.discrete) {
          const MatrixD p = probabilities(actor(batch.next_obs));
          const MatrixD q = targets[0](batch.next_obs).cwiseMin(targets[1](batch.next_obs));
          next_values = (p.array() * (q.array() - alpha * p.array().log())).rowwise().sum();
        } else {
          const Squashed next = squashed(actor(batch.next_obs), normal_matrix(kBatchSize, 2, draws));
          const MatrixD inputs = joined(batch.next_obs, next.actions);
          next_values = targets[0](inputs).cwiseMin(targets[1](inputs)) - alpha * next.log_probs;
        }
        const VectorD y = batch.rewards + batch.discounts.cwiseProduct(next_values);

        const MatrixD critic_inputs = c.discrete ? batch.obs : joined(batch.obs, batch.actions);
        const auto q_of = [&](const DoubleNet& critic) {
          const MatrixD all = critic(critic_inputs);
          VectorD q(kBatchSize);
          for (Eigen::Index i = 0; i < kBatchSize; ++i)
            q[i] = all(i, c.discrete ? static_cast<Eigen::Index>(batch.actions(i, 0)) : 0);
          return q;
        };
        // The actor of discrete actions learns from the values before the critics' step.
        const MatrixD old_min_q = critics[0](critic_inputs).cwiseMin(critics[1](critic_inputs));
        replay.set_priorities(batch, ((y - q_of(critics[0])).cwiseAbs() + (y - q_of(critics[1])).cwiseAbs()) / 2);
        for (DoubleNet& critic : critics) {
          const auto loss = [&] { return (q_of(critic) - y).cwiseAbs2().cwiseProduct(batch.weights).mean(); };
          q_loss_sum += loss();
          value_sum += q_of(critic).mean() / 2;
          error_sum += (q_of(critic) - y).cwiseAbs().mean() / 2;
          critic.descend(critic.gradient(loss), lr, kClip);
        }
        if (++iteration % c.policy_delay != 0) continue;

        // J = E[alpha log pi(a|s) - min_i Q_i(s, a)]
        double entropy = 0;
        const MatrixD noise = c.discrete ? MatrixD() : normal_matrix(kBatchSize, 2, draws);
        const auto loss = [&] {
          if (c.discrete) {
            const MatrixD p = probabilities(actor(batch.obs)), log_p = p.array().log();
            entropy = -p.cwiseProduct(log_p).sum() / kBatchSize;
            return p.cwiseProduct(alpha * log_p - old_min_q).sum() / kBatchSize;
          }
          const Squashed own = squashed(actor(batch.obs), noise);
          const MatrixD inputs = joined(batch.obs, own.actions);
          entropy = -own.log_probs.mean();
          const VectorD q = critics[0](inputs).cwiseMin(critics[1](inputs));
          return (alpha * own.log_probs - q).mean();
        };
        const std::vector<double> gradient = actor.gradient(loss);
        policy_loss_sum += loss();
        ++policy_steps;
        actor.descend(gradient, lr, kClip);
        // J(alpha): log alpha falls while the entropy is above its target.
        log_alpha = std::clamp(log_alpha - c.alpha_lr.value_or(lr) * (entropy - c.target_entropy), -5.0, 2.0);
        if (c.target == kPolyakKeys)
          for (std::size_t i = 0; i < 2; ++i) targets[i].follow(critics[i], kPolyak);
      }
      EXPECT_NEAR(stats->value_loss, q_loss_sum / kIter, 5e-5) << "t " << t;
      EXPECT_NEAR(stats->q_value, value_sum / kIter, 5e-5) << "t " << t;
      EXPECT_NEAR(stats->td_error, error_sum / kIter, 5e-5) << "t " << t;
      if (policy_steps > 0) {
        EXPECT_NEAR(stats->policy_loss, policy_loss_sum / policy_steps, 5e-5) << "t " << t;
      }
    }
    if (c.target == kReplaceKeys && frame % kReplace < kEnvs)
      for (std::size_t i = 0; i < 2; ++i) targets[i].follow(critics[i], 1);
    EXPECT_NEAR(agent->coefficients().alpha, c.fixed_alpha.value_or(std::exp(log_alpha)), 5e-5) << "t " << t;
    ASSERT_LT(actor.distance(recorded.net("net")), 5e-5) << "t " << t;
    for (std::size_t i = 0; i < 2; ++i) {
      const std::string number = std::to_string(i + 1);
      ASSERT_LT(critics[i].distance(recorded.net("q" + number + "_net")), 5e-5) << "t " << t;
      ASSERT_LT(targets[i].distance(recorded.net("target_q" + number + "_net")), 5e-5) << "t " << t;
    }
  }
  EXPECT_GT(num_updates, 8);
}

INSTANTIATE_TEST_SUITE_P(
    Table, SacInDouble,
    testing::Values(
        Case{"Discrete", true, kUniform, kPolyakKeys, "", 0.6 * std::log(3)},
        Case{"DiscreteReplaceDelay", true, kUniform, kReplaceKeys, R"(, "policy_delay": 2, "target_entropy": 0.4)", 0.4,
             2},
        Case{
            "DiscretePer", true, kPrioritized, kPolyakKeys, R"(, "alpha_lr": 0.05)", 0.6 * std::log(3), 1, 1, {}, 0.05},
        Case{"Continuous", false, kUniform, kPolyakKeys, "", -2},
        Case{"ContinuousReplaceDelay", false, kUniform, kReplaceKeys, R"(, "policy_delay": 2, "fixed_alpha": 0.4)", 0,
             2, 1, 0.4},
        Case{"ContinuousPerTwoSteps",
             false,
             kPrioritized,
             kPolyakKeys,
             R"(, "num_step_returns": 2, "target_entropy": -0.5, "alpha_lr": 0.02)",
             -0.5,
             1,
             2,
             {},
             0.02}),
    [](const auto& instance) { return instance.param.label; });

// Three batches a round, and the actor learns from every fourth.
TEST(SoftActorCritic, HasNoEntropyBeforeItsActorLearns) {
  NoiseEnv env(kEnvs, 4, Space::discrete(kActions));
  const auto agent =
      make_agent(twin_critics_spec("SoftActorCritic", kUniform, kPolyakKeys, R"(, "policy_delay": 4)"), env.info());
  AgentRun run(*agent, env);
  std::vector<double> entropies;
  while (entropies.size() < 2)
    if (const auto stats = run.one_step()) entropies.push_back(stats->entropy);
  EXPECT_TRUE(std::isnan(entropies[0]));
  EXPECT_TRUE(std::isfinite(entropies[1]));
}

}  // namespace
}  // namespace slm::sac_test
