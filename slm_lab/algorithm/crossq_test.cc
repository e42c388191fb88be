// Updates of CrossQ against the same in double precision, from algorithm 1 of Bhatt et al. 2024.
#include <gtest/gtest.h>

#include "slm_lab/base/error.h"
#include "tests/support/soft_policy_in_double.h"
#include "tests/support/twin_critics_run.h"

namespace slm::crossq_test {
namespace {

struct Case {
  std::string label;
  bool discrete;
  std::string memory, keys;  // keys: more of the algorithm
  double target_entropy;
  int policy_delay = 1, num_steps = 1;
  friend void PrintTo(const Case& c, std::ostream* out) { *out << c.label; }
};

constexpr int kActions = 3;
// Bounds that widen while it trains, and that some columns reach.
constexpr BatchRenormConfig kRenorm{.momentum = 0.1, .eps = 1e-3, .r_max = 1.5, .d_max = 0.5, .warmup_steps = 12};
const std::string kNetKeys =
    fmt::format(R"("batch_renorm": {{"momentum": {}, "eps": {}, "r_max": {}, "d_max": {}, "warmup_steps": {}}})",
                kRenorm.momentum, kRenorm.eps, kRenorm.r_max, kRenorm.d_max, kRenorm.warmup_steps);

class CrossQInDouble : public testing::TestWithParam<Case> {};

TEST_P(CrossQInDouble, UpdatesAreEqual) {
  const Case& c = GetParam();
  NoiseEnv env(kEnvs, 4, c.discrete ? Space::discrete(kActions) : Space::box({kLow, kLow}, {kHigh, kHigh}));
  const auto agent = make_agent(twin_critics_spec("CrossQ", c.memory, kNetKeys, c.keys), env.info(), 3, kMaxFrame);
  RecordedRun recorded(*agent, env);
  DoubleNet actor(recorded.net("net"));
  DoubleNet critics[2]{DoubleNet(recorded.net("q1_net")), DoubleNet(recorded.net("q2_net"))};
  for (DoubleNet& critic : critics) critic.batch_renorm = kRenorm;
  ASSERT_GT(critics[0].distance(recorded.net("q2_net")), 0.1) << "two critics of their own";
  DoubleReplay replay(kCapacity, kBatchSize);
  replay.keep_last_of_task();
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
      for (Eigen::Index j = 0; j < expected.cols(); ++j)
        EXPECT_NEAR(recorded.run.actions(e, j), expected(0, j), 1e-5) << "t " << t;
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
        const double alpha = std::exp(log_alpha);
        const DoubleBatch batch =
            replay.draw(draws, kGamma, c.num_steps, 0.3 + 0.7 * before / static_cast<double>(kMaxFrame));
        // [(s, a); (s', a')] is one batch.
        const MatrixD next_outputs = actor(batch.next_obs);
        const Squashed next = c.discrete ? Squashed{} : squashed(next_outputs, normal_matrix(kBatchSize, 2, draws));
        const MatrixD now = c.discrete ? batch.obs : joined(batch.obs, batch.actions);
        MatrixD joint(2 * kBatchSize, now.cols());
        joint << now, c.discrete ? batch.next_obs : joined(batch.next_obs, next.actions);
        std::vector<DoubleNet::Correction> fixed[2];
        MatrixD q[2];
        for (std::size_t i = 0; i < 2; ++i) {
          fixed[i] = critics[i].corrections(joint);
          q[i] = critics[i].in_training(joint, fixed[i]);
          critics[i].follow_batch(joint, fixed[i]);
        }
        // V(s') = E_a'[min_i Q_i(s', a') - alpha log pi(a'|s')]
        const MatrixD min_q = q[0].cwiseMin(q[1]);
        const MatrixD next_q = min_q.bottomRows(kBatchSize);
        VectorD next_values;
        if (c.discrete) {
          const MatrixD p = probabilities(next_outputs);
          next_values = (p.array() * (next_q.array() - alpha * p.array().log())).rowwise().sum();
        } else {
          next_values = next_q.col(0) - alpha * next.log_probs;
        }
        const VectorD y = batch.rewards + batch.discounts.cwiseProduct(next_values);

        const auto taken = [&](const MatrixD& all) {
          VectorD values(kBatchSize);
          for (Eigen::Index i = 0; i < kBatchSize; ++i)
            values[i] = all(i, c.discrete ? static_cast<Eigen::Index>(batch.actions(i, 0)) : 0);
          return values;
        };
        replay.set_priorities(batch, ((y - taken(q[0])).cwiseAbs() + (y - taken(q[1])).cwiseAbs()) / 2);
        for (std::size_t i = 0; i < 2; ++i) {
          const auto loss = [&] {
            return (taken(critics[i].in_training(joint, fixed[i])) - y).cwiseAbs2().cwiseProduct(batch.weights).mean();
          };
          q_loss_sum += loss();
          value_sum += taken(q[i]).mean() / 2;
          error_sum += (taken(q[i]) - y).cwiseAbs().mean() / 2;
          critics[i].descend(critics[i].gradient(loss), lr, kClip);
        }
        if (++iteration % c.policy_delay != 0) continue;

        // J = E[alpha log pi(a|s) - min_i Q_i(s, a)], the critics in evaluation
        double entropy = 0;
        const MatrixD noise = c.discrete ? MatrixD() : normal_matrix(kBatchSize, 2, draws);
        const auto loss = [&] {
          if (c.discrete) {
            const MatrixD p = probabilities(actor(batch.obs)), log_p = p.array().log();
            entropy = -p.cwiseProduct(log_p).sum() / kBatchSize;
            return p.cwiseProduct(alpha * log_p - min_q.topRows(kBatchSize)).sum() / kBatchSize;
          }
          const Squashed own = squashed(actor(batch.obs), noise);
          const MatrixD inputs = joined(batch.obs, own.actions);
          entropy = -own.log_probs.mean();
          return (alpha * own.log_probs - VectorD(critics[0](inputs).cwiseMin(critics[1](inputs)))).mean();
        };
        const std::vector<double> gradient = actor.gradient(loss);
        policy_loss_sum += loss();
        ++policy_steps;
        actor.descend(gradient, lr, kClip);
        log_alpha = std::clamp(log_alpha - lr * (entropy - c.target_entropy), -5.0, 2.0);
      }
      EXPECT_NEAR(stats->value_loss, q_loss_sum / kIter, 1e-4) << "t " << t;
      EXPECT_NEAR(stats->q_value, value_sum / kIter, 1e-4) << "t " << t;
      EXPECT_NEAR(stats->td_error, error_sum / kIter, 1e-4) << "t " << t;
      if (policy_steps > 0) {
        EXPECT_NEAR(stats->policy_loss, policy_loss_sum / policy_steps, 1e-4) << "t " << t;
      }
    }
    EXPECT_NEAR(agent->coefficients().alpha, std::exp(log_alpha), 1e-4) << "t " << t;
    ASSERT_LT(actor.distance(recorded.net("net")), 1e-4) << "t " << t;
    ASSERT_LT(critics[0].distance(recorded.net("q1_net")), 1e-4) << "t " << t;
    ASSERT_LT(critics[1].distance(recorded.net("q2_net")), 1e-4) << "t " << t;
  }
  EXPECT_GT(num_updates, 8);
  EXPECT_EQ(agent->nets().size(), 3) << "an actor and two critics: no target nets";
}

INSTANTIATE_TEST_SUITE_P(Table, CrossQInDouble,
                         testing::Values(Case{"Discrete", true, kUniform, "", 0.6 * std::log(3)},
                                         Case{"DiscretePerDelay", true, kPrioritized,
                                              R"(, "policy_delay": 2, "target_entropy": 0.4)", 0.4, 2},
                                         Case{"Continuous", false, kUniform, "", -2},
                                         Case{"ContinuousPerTwoStepsDelay", false, kPrioritized,
                                              R"(, "num_step_returns": 2, "policy_delay": 3, "target_entropy": -0.5)",
                                              -0.5, 3, 2}),
                         [](const auto& instance) { return instance.param.label; });

TEST(CrossQ, RefusesWhatItsCriticsAreNot) {
  const NoiseEnv env(kEnvs, 4, Space::discrete(kActions));
  for (const char* const keys : {R"("critic_type": "DuelingMLPNet")", R"("layer_norm": true)"})
    EXPECT_THROW(make_agent(twin_critics_spec("CrossQ", kUniform, keys, ""), env.info()), SpecError) << keys;
  EXPECT_NO_THROW(make_agent(twin_critics_spec("CrossQ", kUniform, R"("actor_layer_norm": true)", ""), env.info()));
}

}  // namespace
}  // namespace slm::crossq_test
