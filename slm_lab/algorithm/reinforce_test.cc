// Updates of REINFORCE against the same in double precision, from the equations.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/support/agent_spec.h"
#include "tests/support/double_returns.h"

namespace slm::reinforce_test {
namespace {

struct Case {
  std::string label;
  bool discrete, episodes, center, standardize;
  bool bounded = false;  // tanh_mean and clamp_actions
  friend void PrintTo(const Case& c, std::ostream* out) { *out << c.label; }
};

constexpr double kGamma = 0.8, kPolicyCoef = 0.7, kEntropyCoef = 0.3, kLr = 0.2, kEntropyEnd = 100, kLrEnd = 150;

std::string spec(const Case& c) {
  return fmt::format(R"({{"name": "REINFORCE", "algorithm": {{"name": "Reinforce", "gamma": {},
      "training_frequency": {}, "policy_loss_coef": {}, "center_return": {}, "normalize_advantages": "{}"{},
      "entropy_coef_spec": {{"name": "linear_decay", "start_val": {}, "end_val": 0, "end_step": {}}}}},
      "memory": {{"name": "{}"}},
      "net": {{"type": "MLPNet", "hid_layers": [5], "hid_layers_activation": "tanh",
        "optim_spec": {{"name": "SGD", "lr": {}}}, "lr_scheduler_spec": {{"name": "LinearToZero", "frame": {}}}}}}})",
                     kGamma, c.episodes ? 4 : 9, kPolicyCoef, c.center, c.standardize ? "standardize" : "none",
                     c.bounded ? kBoundedKeys : "", kEntropyCoef, kEntropyEnd,
                     c.episodes ? "OnPolicyReplay" : "OnPolicyBatchReplay", kLr, kLrEnd);
}

class ReinforceInDouble : public testing::TestWithParam<Case> {};

TEST_P(ReinforceInDouble, UpdatesAreEqual) {
  const Case& c = GetParam();
  const Space space = c.discrete ? Space::discrete(3) : two_actions(c.bounded);
  const auto tanh_bounds = c.bounded ? std::optional(space) : std::nullopt;
  NoiseEnv env(c.episodes ? 1 : 3, 4, space);
  const auto agent = make_agent(spec(c), env.info());
  RecordedRun recorded(*agent, env);
  DoubleNet policy_net(recorded.net("net"));
  const Transitions& seen = recorded.seen;
  for (int round = 0; round < 3; ++round) {
    std::optional<TrainStats> stats;
    while (!stats) stats = recorded.one_step();
    int num_episodes = 0;
    for (int i = 0; i < seen.size(); ++i) num_episodes += seen.ended(i) ? 1 : 0;
    if (c.episodes)
      EXPECT_EQ(num_episodes, 4);
    else
      EXPECT_EQ(seen.size(), 27);

    EXPECT_TRUE(!c.bounded || some_on_the_bounds_and_none_beyond(seen, space));

    // There is no critic: nothing is added after the end of an episode or of what was seen.
    VectorD returns = returns_in_double(seen, VectorD::Zero(seen.size()), kGamma);
    if (c.center) returns.array() -= returns.mean();
    if (c.standardize) returns = standardized(returns);
    const MatrixD obs = matrix_of(seen.obs), actions = matrix_of(seen.actions);
    const auto frame = static_cast<double>(recorded.frame);
    const double entropy_coef = kEntropyCoef * std::max(0.0, 1 - frame / kEntropyEnd);
    const auto loss = [&] {
      const PolicyD policy = policy_in_double(c.discrete, policy_net(obs), actions, tanh_bounds);
      return -kPolicyCoef * policy.log_probs.cwiseProduct(returns).mean() - entropy_coef * policy.entropy.mean();
    };
    EXPECT_NEAR(stats->loss, loss(), 1e-5);
    policy_net.descend(policy_net.gradient(loss), kLr * (1 - frame / kLrEnd));
    EXPECT_LT(policy_net.distance(recorded.net("net")), 1e-5) << "round " << round;
    recorded.seen.clear();
  }
}

INSTANTIATE_TEST_SUITE_P(Table, ReinforceInDouble,
                         testing::Values(Case{"Steps", true, false, false, false},
                                         Case{"StepsCentered", true, false, true, false},
                                         Case{"StepsStandardized", true, false, false, true},
                                         Case{"Episodes", true, true, false, false},
                                         Case{"EpisodesContinuousCentered", false, true, true, false},
                                         Case{"StepsTanhMeanAndClampedActions", false, false, false, false, true}),
                         [](const auto& instance) { return instance.param.label; });

}  // namespace
}  // namespace slm::reinforce_test
