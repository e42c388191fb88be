// Every algorithm on a chain whose values are known: delayed reward, an end of the task, an end by the clock, a final
// observation that is not the fresh one.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "slm_lab/algorithm/registry.h"
#include "tests/support/agent_spec.h"
#include "tests/support/chain_env.h"
#include "tests/support/test_env.h"

namespace slm::chain_test {
namespace {

struct Case {
  std::string label, algorithm;
  std::string json;  // of the agent
  int num_steps;
  std::string values =
      {};  // the net that must hold them: of actions (optimal, soft, epsilon), or of the best policy (V)
  enum Kind { none, optimal, soft, epsilon, best_policy } kind = none;
  double tolerance = 0.1;
  friend void PrintTo(const Case& c, std::ostream* out) { *out << c.label; }
};

constexpr double kAlpha = 0.03, kEpsilon = 0.2;

const std::string kReplay = R"("memory": {"name": "Replay", "batch_size": 32, "max_size": 3000})";
const std::string kPer = R"("memory": {"name": "PrioritizedReplay", "batch_size": 32, "max_size": 3000, "alpha": 0.6,
    "epsilon": 0.01, "beta_end_step": 5000})";

std::string net(double lr, const std::string& more = "") {
  return fmt::format(R"("net": {{"type": "MLPNet", "hid_layers": [32], "hid_layers_activation": "tanh",
      "optim_spec": {{"name": "Adam", "lr": {}}}{}}})",
                     lr, more);
}
std::string two_nets(double lr) { return net(lr, R"(, "shared": false, "use_same_optim": true)"); }
const std::string kPolyak = R"(, "update_type": "polyak", "polyak_coef": 0.05)";
const std::string kRenorm = R"(, "batch_renorm": {"warmup_steps": 500})";
const std::string kReplace = R"(, "update_type": "replace", "update_frequency": 200)";

std::string agent(const std::string& algorithm, const std::string& memory, const std::string& nets) {
  return fmt::format(R"({{"name": "test", "algorithm": {{{}, "gamma": {}}}, {}, {}}})", algorithm, ChainEnv::kGamma,
                     memory, nets);
}
const std::string kAtoms = R"(, "num_atoms": 31, "v_min": 0, "v_max": 3)";
std::string dqn(const std::string& name, const std::string& memory, const std::string& target,
                const std::string& more = "") {
  return agent(fmt::format(R"("name": "{}", "action_policy": "epsilon_greedy", "training_frequency": 8,
      "training_iter": 1, "training_batch_iter": 1,
      "explore_var_spec": {{"name": "no_decay", "start_val": 0.5}}{})",
                           name, more),
               memory, net(0.005, target));
}

std::vector<Case> cases() {
  const std::string a2c = R"("name": "ActorCritic", )";
  const std::string ppo = R"("lam": 0.9, "time_horizon": 16, "minibatch_size": 32, "training_epoch": 4,
      "clip_eps_spec": {"name": "no_decay", "start_val": 0.2})";
  const std::string sil = R"(, "sil_policy_loss_coef": 0.1, "sil_val_loss_coef": 0.01, "training_iter": 1,
      "training_batch_iter": 1)";
  const std::string sil_memory = R"("memory": {"name": "OnPolicyBatchReplay", "sil_replay_name": "Replay",
      "batch_size": 32, "max_size": 500})";
  const std::string sac = fmt::format(R"("name": "SoftActorCritic", "training_frequency": 8, "training_iter": 1,
      "training_start_step": 200, "fixed_alpha": {})",
                                      kAlpha);
  const std::string cross_q = fmt::format(R"("name": "CrossQ", "training_frequency": 8, "training_iter": 1,
      "training_start_step": 200, "fixed_alpha": {})",
                                          kAlpha);
  return {
      {"Dqn", "DQN", dqn("DQN", kReplay, kReplace), 4000, "net", Case::optimal},
      {"DqnPolyak", "DQN", dqn("DQN", kReplay, kPolyak), 4000, "net", Case::optimal},
      {"VanillaDqn", "VanillaDQN", dqn("VanillaDQN", kReplay, ""), 4000, "net", Case::optimal},
      {"DoubleDqn", "DoubleDQN", dqn("DoubleDQN", kReplay, kReplace), 4000, "net", Case::optimal},
      {"DoubleDqnPer", "DoubleDQN", dqn("DoubleDQN", kPer, kPolyak), 4000, "net", Case::optimal},
      {"C51", "C51", dqn("C51", kReplay, kReplace, kAtoms), 4000, "net", Case::optimal},
      {"C51Per", "C51", dqn("C51", kPer, kPolyak, kAtoms + R"(, "double": true)"), 4000, "net", Case::optimal},
      {"Sarsa", "SARSA",
       agent(fmt::format(R"("name": "SARSA", "action_policy": "epsilon_greedy", "training_frequency": 8,
           "explore_var_spec": {{"name": "no_decay", "start_val": {}}})",
                         kEpsilon),
             kBatch, net(0.005)),
       8000, "net", Case::epsilon, 0.15},
      {"SacDiscrete", "SoftActorCritic", agent(sac, kReplay, net(0.005, kPolyak)), 4000, "q1_net", Case::soft},
      {"CrossQDiscrete", "CrossQ", agent(cross_q, kReplay, net(0.005, kRenorm)), 4000, "q1_net", Case::soft},
      {"Reinforce", "Reinforce",
       agent(R"("name": "Reinforce", "training_frequency": 16, "center_return": true)", kBatch, net(0.01)), 4000},
      {"A2cGae", "ActorCritic", agent(a2c + R"("lam": 0.9, "training_frequency": 8)", kBatch, two_nets(0.005)), 6000,
       "critic_net", Case::best_policy, 0.15},
      {"A2cNStep", "ActorCritic", agent(a2c + R"("lam": null, "num_step_returns": 8)", kBatch, two_nets(0.005)), 6000,
       "critic_net", Case::best_policy, 0.15},
      {"Ppo", "PPO", agent(R"("name": "PPO", )" + ppo, kBatch, two_nets(0.005)), 3000, "critic_net", Case::best_policy,
       0.15},
      {"Sil", "SIL", agent(R"("name": "SIL", "lam": 0.9, "training_frequency": 8)" + sil, sil_memory, two_nets(0.005)),
       6000, "critic_net", Case::best_policy, 0.2},
      {"PpoSil", "PPOSIL", agent(R"("name": "PPOSIL", )" + ppo + sil, sil_memory, two_nets(0.005)), 3000, "critic_net",
       Case::best_policy, 0.2},
      {"A2cContinuous", "ActorCritic", agent(a2c + R"("lam": 0.9, "training_frequency": 8)", kBatch, two_nets(0.005)),
       6000},
      {"PpoContinuous", "PPO", agent(R"("name": "PPO", )" + ppo, kBatch, two_nets(0.005)), 3000},
      {"SacContinuous", "SoftActorCritic", agent(sac, kReplay, net(0.005, kPolyak)), 4000},
      {"CrossQContinuous", "CrossQ", agent(cross_q, kReplay, net(0.005, kRenorm)), 4000},
      {"Td3Continuous", "TD3",
       agent(R"("name": "TD3", "training_frequency": 8, "training_iter": 1, "training_start_step": 200,
           "explore_var_spec": {"name": "no_decay", "start_val": 0.4})",
             kReplay, net(0.005, kPolyak)),
       4000},
  };
}

ChainEnv::Values known(Case::Kind kind) {
  using Q = std::array<double, 2>;
  switch (kind) {
    case Case::soft:
      return ChainEnv::q_values(
          [](const Q& q) { return kAlpha * std::log(std::exp(q[0] / kAlpha) + std::exp(q[1] / kAlpha)); });
    case Case::epsilon:
      return ChainEnv::q_values(
          [](const Q& q) { return (1 - kEpsilon) * std::max(q[0], q[1]) + kEpsilon * (q[0] + q[1]) / 2; });
    default:
      return ChainEnv::q_values([](const Q& q) { return std::max(q[0], q[1]); });
  }
}

// 1.458, 1.62, 1.8, 2 to the right.
TEST(Chain, HasTheValuesWorkedOutByHand) {
  const ChainEnv::Values q = known(Case::optimal);
  const double right[] = {2 * 0.9 * 0.9 * 0.9, 2 * 0.9 * 0.9, 2 * 0.9, 2};
  const double left[] = {0.1 + 0.9 * right[0], 0.9 * right[0], 0.9 * right[1], 0.9 * right[2]};
  for (std::size_t s = 0; s < 4; ++s) {
    EXPECT_NEAR(q[s][0], left[s], 1e-12);
    EXPECT_NEAR(q[s][1], right[s], 1e-12);
  }
}

/// Of the two actions, from the logits of their returns (kAtoms).
Matrix means(const Matrix& logits) {
  constexpr Eigen::Index kWidth = 31;
  const Vector returns = Vector::LinSpaced(kWidth, 0, 3);
  Matrix values(logits.rows(), 2);
  for (Eigen::Index i = 0; i < values.rows(); ++i)
    for (Eigen::Index a = 0; a < 2; ++a) {
      const Vector powers = logits.row(i).segment(a * kWidth, kWidth).array().exp();
      values(i, a) = powers.dot(returns) / powers.sum();
    }
  return values;
}

class EveryAlgorithmOnTheChain : public testing::TestWithParam<Case> {};

TEST_P(EveryAlgorithmOnTheChain, ReachesTheKnownValuesAndTheBestPolicy) {
  const Case& c = GetParam();
  const bool continuous = c.label.ends_with("Continuous");
  ChainEnv env(4, continuous, 7);
  const auto learner = make_agent(c.json, env.info(), 3, 4 * c.num_steps);
  run_agent(*learner, env, c.num_steps);

  Matrix actions;
  Rng rng(1);
  learner->act(ChainEnv::places(), ActMode::greedy, rng, actions);
  ActionScale scale(learner->action_range(), env.info().action_space);
  actions = Matrix(scale.to_env(actions));
  for (int s = 0; s < ChainEnv::kPlaces; ++s) EXPECT_GT(actions(s, 0), continuous ? 1 : 0) << "place " << s;

  if (c.kind == Case::none) return;
  const auto nets = learner->nets();
  const auto named = std::ranges::find_if(nets, [&](const NamedNet& n) { return n.name == c.values; });
  ASSERT_NE(named, nets.end());
  Matrix outputs = named->net->infer(ChainEnv::places());
  if (c.algorithm == "C51") outputs = means(outputs);
  const ChainEnv::Values q = known(c.kind);
  for (std::size_t s = 0; s < ChainEnv::kPlaces; ++s) {
    const auto row = static_cast<Eigen::Index>(s);
    if (c.kind == Case::best_policy) {
      EXPECT_NEAR(outputs(row, 0), q[s][1], c.tolerance) << "place " << s;
      continue;
    }
    for (std::size_t a = 0; a < 2; ++a)
      EXPECT_NEAR(outputs(row, static_cast<Eigen::Index>(a)), q[s][a], c.tolerance) << "place " << s << " action " << a;
  }
}

INSTANTIATE_TEST_SUITE_P(Table, EveryAlgorithmOnTheChain, testing::ValuesIn(cases()),
                         [](const auto& instance) { return instance.param.label; });

// A new algorithm belongs into cases() above.
TEST(Chain, EveryAlgorithmIsInTheTable) {
  const std::vector<Case> all = cases();
  for (const AlgorithmEntry& entry : algorithm_table())
    if (entry.name != "Random" && entry.name != "DQNBase") {
      EXPECT_TRUE(std::ranges::any_of(all, [&](const Case& c) { return c.algorithm == entry.name; }))
          << entry.name << ": add it to slm_lab/algorithm/chain_test.cc";
    }
}

}  // namespace
}  // namespace slm::chain_test
