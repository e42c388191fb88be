// Updates of SARSA against the same in double precision, from the equations.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/support/agent_spec.h"
#include "tests/support/double_returns.h"

namespace slm::sarsa_test {
namespace {

constexpr double kGamma = 0.8, kLr = 0.3, kLrEnd = 150, kEpsilonEnd = 200;
constexpr int kActions = 3, kEnvs = 3, kSteps = 9;

// Where the next action is not in the rollout (the clock, the last step), one is drawn from the policy as it stands.
TEST(SarsaInDouble, UpdatesAreEqual) {
  NoiseEnv env(kEnvs, 4, Space::discrete(kActions));
  const auto agent = make_agent(
      fmt::format(R"({{"name": "SARSA", "algorithm": {{"name": "SARSA", "gamma": {}, "training_frequency": {},
      "action_policy": "epsilon_greedy",
      "explore_var_spec": {{"name": "linear_decay", "start_val": 0.9, "end_val": 0.1, "end_step": {}}}}},
      "memory": {{"name": "OnPolicyBatchReplay"}},
      "net": {{"type": "MLPNet", "hid_layers": [5], "hid_layers_activation": "tanh", "clip_grad_val": 0.4,
        "loss_spec": {{"name": "MSELoss"}}, "optim_spec": {{"name": "SGD", "lr": {}}},
        "lr_scheduler_spec": {{"name": "LinearToZero", "frame": {}}}}}}})",
                  kGamma, kSteps, kEpsilonEnd, kLr, kLrEnd),
      env.info());
  RecordedRun recorded(*agent, env);
  DoubleNet q(recorded.net("net"));
  const Transitions& seen = recorded.seen;
  for (int round = 0; round < 3; ++round) {
    std::optional<TrainStats> stats;
    while (!stats) stats = recorded.one_step();
    ASSERT_EQ(seen.size(), kSteps * kEnvs);

    const auto frame = static_cast<double>(recorded.frame);
    const double epsilon = 0.9 - 0.8 * std::min(1.0, frame / kEpsilonEnd);
    Rng draws = recorded.update_rng;
    const MatrixD obs = matrix_of(seen.obs), next_q = q(matrix_of(seen.next_obs));
    VectorD targets(seen.size());
    int num_drawn = 0;
    for (int i = 0; i < seen.size(); ++i) {
      targets[i] = seen.reward(i);
      if (seen.goes_on(i) == 0) continue;
      Eigen::Index next_action;
      if (seen.ended(i) || i + kEnvs >= seen.size()) {
        next_q.row(i).maxCoeff(&next_action);
        if (draws.random() < epsilon) next_action = draws.integers(0, kActions);
        ++num_drawn;
      } else {
        next_action = static_cast<Eigen::Index>(seen.actions[Transitions::at(i + kEnvs)][0]);
      }
      targets[i] += kGamma * next_q(i, next_action);
    }
    EXPECT_GT(num_drawn, kEnvs);
    const auto loss = [&] {
      const MatrixD outputs = q(obs);
      double sum = 0;
      for (int i = 0; i < seen.size(); ++i)
        sum += std::pow(outputs(i, static_cast<Eigen::Index>(seen.actions[Transitions::at(i)][0])) - targets[i], 2);
      return sum / seen.size();
    };
    EXPECT_NEAR(stats->loss, loss(), 1e-5);
    q.descend(q.gradient(loss), kLr * (1 - frame / kLrEnd), 0.4);
    EXPECT_LT(q.distance(recorded.net("net")), 1e-5) << "round " << round;
    recorded.seen.clear();
  }
}

}  // namespace
}  // namespace slm::sarsa_test
