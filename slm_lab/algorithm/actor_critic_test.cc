// Updates of A2C against the same in double precision, from the equations: both kinds of episode end are in each batch.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/support/agent_spec.h"
#include "tests/support/double_returns.h"

namespace slm {
namespace {

struct Case {
  std::string label;
  bool discrete, shared;
  std::string returns;  // the keys that choose the advantages
  std::optional<double> lam;
  int num_steps;  // of an update
  bool standardize = false;
  friend void PrintTo(const Case& c, std::ostream* out) { *out << c.label; }
};

constexpr double kGamma = 0.8, kPolicyCoef = 0.7, kValueCoef = 0.4, kEntropyCoef = 0.3;
constexpr double kActorLr = 0.2, kCriticLr = 0.1, kClip = 0.5, kEntropyEnd = 100, kLrEnd = 150;

std::string spec(const Case& c) {
  const std::string optimizers = c.shared ? fmt::format(R"("optim_spec": {{"name": "SGD", "lr": {}}})", kActorLr)
                                          : fmt::format(R"("actor_optim_spec": {{"name": "SGD", "lr": {}}},
                                "critic_optim_spec": {{"name": "SGD", "lr": {}}})",
                                                        kActorLr, kCriticLr);
  return fmt::format(R"({{"name": "A2C", "algorithm": {{"name": "ActorCritic", "gamma": {}, {},
      "policy_loss_coef": {}, "val_loss_coef": {}, "normalize_advantages": "{}",
      "entropy_coef_spec": {{"name": "linear_decay", "start_val": {}, "end_val": 0, "end_step": {}}}}},
      "memory": {{"name": "OnPolicyBatchReplay"}},
      "net": {{"type": "MLPNet", "shared": {}, "use_same_optim": {}, "hid_layers": [5], "hid_layers_activation": "tanh",
        "clip_grad_val": {}, {}, "lr_scheduler_spec": {{"name": "LinearToZero", "frame": {}}}}}}})",
                     kGamma, c.returns, kPolicyCoef, kValueCoef, c.standardize ? "standardize" : "none", kEntropyCoef,
                     kEntropyEnd, c.shared, c.shared, kClip, optimizers, kLrEnd);
}

class A2cInDouble : public testing::TestWithParam<Case> {};

TEST_P(A2cInDouble, UpdatesAreEqual) {
  const Case& c = GetParam();
  constexpr float kInf = std::numeric_limits<float>::infinity();
  NoiseEnv env(3, 4, c.discrete ? Space::discrete(3) : Space::box({-kInf, -kInf}, {kInf, kInf}));
  const auto agent = make_agent(spec(c), env.info());
  RecordedRun recorded(*agent, env);
  Net& net = recorded.net("net");
  DoubleNet actor(net), critic(c.shared ? net : recorded.net("critic_net"));
  const int num_outputs = c.discrete ? 3 : 4;
  const auto policy_outputs = [&](const MatrixD& x) { return MatrixD(actor(x).leftCols(num_outputs)); };
  const auto values_of = [&](const MatrixD& x) -> VectorD { return (c.shared ? actor : critic)(x).rightCols(1); };

  const Transitions& seen = recorded.seen;
  for (int round = 0; round < 3; ++round) {
    std::optional<TrainStats> stats;
    for (int t = 0; t < c.num_steps; ++t) {
      ASSERT_FALSE(stats.has_value());
      stats = recorded.one_step();
    }
    ASSERT_TRUE(stats.has_value());

    const MatrixD obs = matrix_of(seen.obs), actions = matrix_of(seen.actions);
    const VectorD values = values_of(obs), next_values = next_values_of(seen, values_of);
    VectorD advantages, targets;
    if (c.lam) {
      advantages = gae_in_double(seen, values, next_values, kGamma, *c.lam);
      targets = advantages + values;
    } else {
      targets = returns_in_double(seen, next_values, kGamma);
      advantages = targets - values;
    }
    if (c.standardize) advantages = standardized(advantages);
    const auto frame = static_cast<double>(recorded.frame);
    const double entropy_coef = kEntropyCoef * std::max(0.0, 1 - frame / kEntropyEnd), left = 1 - frame / kLrEnd;

    const auto policy_loss = [&] {
      const PolicyD policy = policy_in_double(c.discrete, policy_outputs(obs), actions);
      return -kPolicyCoef * policy.log_probs.cwiseProduct(advantages).mean() - entropy_coef * policy.entropy.mean();
    };
    const auto value_loss = [&] { return kValueCoef * (values_of(obs) - targets).squaredNorm() / seen.size(); };
    EXPECT_NEAR(stats->loss, policy_loss() + value_loss(), 1e-5);
    EXPECT_NEAR(stats->value_loss, value_loss(), 1e-5);
    EXPECT_NEAR(stats->entropy, policy_in_double(c.discrete, policy_outputs(obs), actions).entropy.mean(), 1e-5);
    if (c.shared) {
      actor.descend(actor.gradient([&] { return policy_loss() + value_loss(); }), left * kActorLr, kClip);
    } else {
      actor.descend(actor.gradient(policy_loss), left * kActorLr, kClip);
      critic.descend(critic.gradient(value_loss), left * kCriticLr, kClip);
      EXPECT_LT(critic.distance(recorded.net("critic_net")), 1e-5) << "round " << round;
    }
    EXPECT_LT(actor.distance(net), 1e-5) << "round " << round;
    recorded.seen.clear();
  }
}

INSTANTIATE_TEST_SUITE_P(
    Table, A2cInDouble,
    testing::Values(
        Case{"Gae", true, false, R"("lam": 0.6, "training_frequency": 9)", 0.6, 9},
        Case{"GaeStandardized", true, false, R"("lam": 0.6, "training_frequency": 9)", 0.6, 9, true},
        Case{"GaeShared", true, true, R"("lam": 0.6, "training_frequency": 9)", 0.6, 9},
        Case{"GaeContinuous", false, false, R"("lam": 0.6, "training_frequency": 9)", 0.6, 9},
        Case{"NStep", true, false, R"("lam": null, "num_step_returns": 6)", {}, 6},
        Case{"MonteCarlo", true, false, R"("lam": null, "num_step_returns": null, "training_frequency": 9)", {}, 9},
        Case{"MonteCarloSharedContinuous",
             false,
             true,
             R"("lam": null, "num_step_returns": null, "training_frequency": 9)",
             {},
             9}),
    [](const auto& instance) { return instance.param.label; });

}  // namespace
}  // namespace slm
