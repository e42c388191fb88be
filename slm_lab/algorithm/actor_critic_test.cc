// Updates of A2C against the same in double precision, from the equations: both kinds of episode end are in each batch.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <numeric>

#include "tests/support/agent_spec.h"
#include "tests/support/double_actor_critic.h"

namespace slm::actor_critic_test {
namespace {

struct Case {
  std::string label;
  bool discrete, shared;
  std::string returns;  // the keys that choose the advantages
  std::optional<double> lam;
  int num_steps;  // of an update
  std::string normalize_advantages = "none";
  bool normalize_targets = false;
  bool bounded = false;    // tanh_mean and clamp_actions
  std::string keys = {};   // more of the algorithm
  int minibatch_size = 0;  // 0: the whole batch
  bool symlog = false;
  double largest_reward = 2;
  friend void PrintTo(const Case& c, std::ostream* out) { *out << c.label; }
};

constexpr double kGamma = 0.8, kPolicyCoef = 0.7, kValueCoef = 0.4, kEntropyCoef = 0.3;
constexpr double kActorLr = 0.2, kCriticLr = 0.1, kClip = 0.5, kEntropyEnd = 100, kLrEnd = 150;

std::string spec(const Case& c) {
  const std::string optimizers = c.shared ? fmt::format(R"("optim_spec": {{"name": "SGD", "lr": {}}})", kActorLr)
                                          : fmt::format(R"("actor_optim_spec": {{"name": "SGD", "lr": {}}},
                                "critic_optim_spec": {{"name": "SGD", "lr": {}}})",
                                                        kActorLr, kCriticLr);
  return fmt::format(R"({{"name": "A2C", "algorithm": {{"name": "ActorCritic", "gamma": {}, {}{},
      "policy_loss_coef": {}, "val_loss_coef": {}, "normalize_advantages": "{}", "normalize_v_targets": {},
      "entropy_coef_spec": {{"name": "linear_decay", "start_val": {}, "end_val": 0, "end_step": {}}}}},
      "memory": {{"name": "OnPolicyBatchReplay"}},
      "net": {{"type": "MLPNet", "shared": {}, "use_same_optim": {}, "hid_layers": [5], "hid_layers_activation": "tanh",
        "clip_grad_val": {}, {}, "lr_scheduler_spec": {{"name": "LinearToZero", "frame": {}}}}}}})",
                     kGamma, c.returns, (c.bounded ? kBoundedKeys : "") + c.keys, kPolicyCoef, kValueCoef,
                     c.normalize_advantages, c.normalize_targets, kEntropyCoef, kEntropyEnd, c.shared, c.shared, kClip,
                     optimizers, kLrEnd);
}

class A2cInDouble : public testing::TestWithParam<Case> {};

TEST_P(A2cInDouble, UpdatesAreEqual) {
  const Case& c = GetParam();
  const Space space = c.discrete ? Space::discrete(3) : two_actions(c.bounded);
  NoiseEnv env(3, 4, space, 11, c.largest_reward);
  const auto agent = make_agent(spec(c), env.info());
  RecordedRun recorded(*agent, env);
  DoubleActorCritic nets(recorded, c.discrete, c.shared, c.bounded ? std::optional(space) : std::nullopt);
  DoubleScale scale;
  DoublePercentiles percentiles;
  const auto values = [&](const MatrixD& obs) { return c.symlog ? symlog_of(nets.values(obs)) : nets.values(obs); };
  const Transitions& seen = recorded.seen;
  for (int round = 0; round < 3; ++round) {
    std::optional<TrainStats> stats;
    for (int t = 0; t < c.num_steps; ++t) {
      ASSERT_FALSE(stats.has_value());
      stats = recorded.one_step();
    }
    ASSERT_TRUE(stats.has_value());
    EXPECT_TRUE(!c.bounded || some_on_the_bounds_and_none_beyond(seen, space));

    AdvantagesD estimates = advantages_in_double(nets, seen, kGamma, c.lam);
    if (c.normalize_advantages == "standardize_rollout") estimates.advantages = standardized(estimates.advantages);
    if (c.symlog) estimates.targets = symlog_of(estimates.targets);
    const auto frame = static_cast<double>(recorded.frame);
    const double entropy_coef = kEntropyCoef * std::max(0.0, 1 - frame / kEntropyEnd), left = 1 - frame / kLrEnd;

    std::vector<int> order(static_cast<std::size_t>(seen.size()));
    std::iota(order.begin(), order.end(), 0);
    if (c.minibatch_size > 0) recorded.update_rng.shuffle(order);
    const int size = c.minibatch_size > 0 ? c.minibatch_size : seen.size(), num_parts = seen.size() / size;
    ASSERT_EQ(seen.size() % size, 0);
    double loss = 0, mean_value_loss = 0, entropy = 0;
    for (int part = 0; part < num_parts; ++part) {
      const std::vector<int> rows(order.begin() + part * size, order.begin() + (part + 1) * size);
      const MatrixD obs = matrix_of(seen.obs, rows), actions = matrix_of(seen.actions, rows);
      VectorD weights(size), wanted(size);
      for (int i = 0; i < size; ++i) {
        weights[i] = estimates.advantages[rows[Transitions::at(i)]];
        wanted[i] = estimates.targets[rows[Transitions::at(i)]];
      }
      if (c.normalize_advantages == "standardize") weights = standardized(weights);
      if (c.normalize_advantages == "percentile") weights = percentiles.divided(weights);
      const double by = c.normalize_targets ? scale.after(wanted) : 1;
      const auto policy_loss = [&] {
        const PolicyD policy = nets.policy(obs, actions);
        return -kPolicyCoef * policy.log_probs.cwiseProduct(weights).mean() - entropy_coef * policy.entropy.mean();
      };
      const auto value_loss = [&] { return kValueCoef * ((values(obs) - wanted) / by).squaredNorm() / size; };
      loss += (policy_loss() + value_loss()) / num_parts;
      mean_value_loss += value_loss() / num_parts;
      entropy += nets.policy(obs, actions).entropy.mean() / num_parts;
      nets.descend(policy_loss, value_loss, left * kActorLr, left * kCriticLr, kClip);
    }
    EXPECT_NEAR(stats->loss, loss, 1e-5);
    EXPECT_NEAR(stats->value_loss, mean_value_loss, 1e-5);
    EXPECT_NEAR(stats->entropy, entropy, 1e-5);
    EXPECT_LT(nets.distance(), 1e-5) << "round " << round;
    recorded.seen.clear();
  }
}

INSTANTIATE_TEST_SUITE_P(
    Table, A2cInDouble,
    testing::Values(
        Case{"Gae", true, false, R"("lam": 0.6, "training_frequency": 9)", 0.6, 9},
        Case{"GaeStandardized", true, false, R"("lam": 0.6, "training_frequency": 9)", 0.6, 9, "standardize"},
        Case{"GaeNormalizedTargets", true, false, R"("lam": 0.6, "training_frequency": 9)", 0.6, 9, "none", true},
        Case{"GaeShared", true, true, R"("lam": 0.6, "training_frequency": 9)", 0.6, 9},
        Case{"GaeContinuous", false, false, R"("lam": 0.6, "training_frequency": 9)", 0.6, 9},
        Case{"GaeTanhMeanAndClampedActions", false, false, R"("lam": 0.6, "training_frequency": 9)", 0.6, 9, "none",
             false, true},
        Case{"GaeMinibatches", true, false, R"("lam": 0.6, "training_frequency": 9)", 0.6, 9, "standardize", false,
             false, R"(, "minibatch_size": 9)", 9},
        Case{"NStepMinibatchesShared",
             true,
             true,
             R"("lam": null, "num_step_returns": 6)",
             {},
             6,
             "none",
             false,
             false,
             R"(, "minibatch_size": 6)",
             6},
        Case{"StandardizedRolloutInMinibatches", true, false, R"("lam": 0.6, "training_frequency": 9)", 0.6, 9,
             "standardize_rollout", false, false, R"(, "minibatch_size": 9)", 9},
        Case{"PercentileAndSymlog", true, false, R"("lam": 0.6, "training_frequency": 9)", 0.6, 9, "percentile", false,
             false, R"(, "symlog": true, "minibatch_size": 3)", 3, true, 400},
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
}  // namespace slm::actor_critic_test
