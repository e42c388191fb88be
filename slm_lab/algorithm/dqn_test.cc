// Updates of DQN and its kin against the same in double precision: rows are drawn by the same generator, transitions
// are those seen, in a ring that overflows.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/agent_spec.h"
#include "tests/support/double_replay.h"
#include "tests/support/test_env.h"

namespace slm::dqn_test {
namespace {

struct Case {
  std::string label, algorithm, memory, target;  // target: the keys of the target net
  int num_steps = 1, batch_iter = 1;
  friend void PrintTo(const Case& c, std::ostream* out) { *out << c.label; }
};

constexpr double kGamma = 0.8, kLr = 0.2, kLrEnd = 400, kClip = 0.7, kPolyak = 0.3;
constexpr int kEnvs = 3, kActions = 3, kBatch = 12, kCapacity = 40, kFrequency = 6, kIter = 2, kStart = 20,
              kReplace = 31;
constexpr std::int64_t kMaxFrame = 300;

const std::string kReplaceKeys = fmt::format(R"("update_type": "replace", "update_frequency": {})", kReplace);
const std::string kPolyakKeys = fmt::format(R"("update_type": "polyak", "polyak_coef": {})", kPolyak);
const std::string kUniform =
    fmt::format(R"("memory": {{"name": "Replay", "batch_size": {}, "max_size": {}}})", kBatch, kCapacity);
std::string prioritized(bool stratified, bool weights) {
  return fmt::format(R"("memory": {{"name": "PrioritizedReplay", "batch_size": {}, "max_size": {}, "alpha": 0.7,
                        "epsilon": 0.01, "beta": 0.3, "stratified": {}, "importance_weights": {}}})",
                     kBatch, kCapacity, stratified, weights);
}

std::string spec(const Case& c) {
  return fmt::format(R"({{"name": "DQN", "algorithm": {{"name": "{}", "gamma": {}, "action_policy": "epsilon_greedy",
      "explore_var_spec": {{"name": "no_decay", "start_val": 0.5}}, "training_frequency": {}, "training_iter": {},
      "training_batch_iter": {}, "training_start_step": {}, "num_step_returns": {}}}, {},
      "net": {{"type": "MLPNet", "hid_layers": [5], "hid_layers_activation": "tanh", "clip_grad_val": {},
        "loss_spec": {{"name": "MSELoss"}}, "optim_spec": {{"name": "SGD", "lr": {}}}{}{},
        "lr_scheduler_spec": {{"name": "LinearToZero", "frame": {}}}}}}})",
                     c.algorithm, kGamma, kFrequency, kIter, c.batch_iter, kStart, c.num_steps, c.memory, kClip, kLr,
                     c.target.empty() ? "" : ", ", c.target, kLrEnd);
}

class DqnInDouble : public testing::TestWithParam<Case> {};

TEST_P(DqnInDouble, UpdatesAreEqual) {
  const Case& c = GetParam();
  NoiseEnv env(kEnvs, 4, Space::discrete(kActions));
  const auto agent = make_agent(spec(c), env.info(), 7, kMaxFrame);
  RecordedRun recorded(*agent, env);
  DoubleNet online(recorded.net("net")), target = online;
  DoubleReplay replay(kCapacity, kBatch);
  if (c.memory != kUniform)
    replay.prioritize({.alpha = 0.7,
                       .epsilon = 0.01,
                       .stratified = c.memory.find(R"("stratified": true)") != std::string::npos,
                       .weights = c.memory.find(R"("importance_weights": true)") != std::string::npos});

  int num_updates = 0, num_differing = 0;
  for (int t = 1; t <= 40; ++t) {
    const std::optional<TrainStats> stats = recorded.one_step();
    const std::int64_t frame = t * kEnvs;
    replay.add_new(recorded.seen);
    // More transitions than start_step, and once for each multiple of training_frequency that was passed.
    const bool due = frame > kStart && frame / kFrequency > (frame - kEnvs) / kFrequency;
    ASSERT_EQ(stats.has_value(), due) << "t " << t;
    if (due) {
      ++num_updates;
      Rng draws = recorded.update_rng;
      const auto before = static_cast<double>(recorded.frame);
      double loss_sum = 0, value_sum = 0, error_sum = 0;
      for (int iter = 0; iter < kIter; ++iter) {
        const DoubleBatch batch =
            replay.draw(draws, kGamma, c.num_steps, 0.3 + 0.7 * before / static_cast<double>(kMaxFrame));
        VectorD targets(kBatch);
        for (int repetition = 0; repetition < c.batch_iter; ++repetition) {
          const MatrixD online_next = online(batch.next_obs), target_next = target(batch.next_obs);
          if (repetition == 0 || c.algorithm != "DQN")
            for (Eigen::Index i = 0; i < kBatch; ++i) {
              Eigen::Index best;
              online_next.row(i).maxCoeff(&best);
              Eigen::Index best_of_target;
              target_next.row(i).maxCoeff(&best_of_target);
              num_differing += best != best_of_target;
              const double next_value = c.algorithm == "VanillaDQN"  ? online_next(i, best)
                                        : c.algorithm == "DoubleDQN" ? target_next(i, best)
                                                                     : target_next.row(i).maxCoeff();
              targets[i] = batch.rewards[i] + batch.discounts[i] * next_value;
            }
          const auto errors = [&] {
            const MatrixD q = online(batch.obs);
            VectorD e(kBatch);
            for (Eigen::Index i = 0; i < kBatch; ++i)
              e[i] = targets[i] - q(i, static_cast<Eigen::Index>(batch.actions(i, 0)));
            return e;
          };
          const auto loss = [&] { return errors().cwiseAbs2().cwiseProduct(batch.weights).mean(); };
          loss_sum += loss();
          value_sum += (targets - errors()).mean();
          error_sum += errors().cwiseAbs().mean();
          replay.set_priorities(batch, errors());
          online.descend(online.gradient(loss), kLr * (1 - before / kLrEnd), kClip);
        }
      }
      EXPECT_NEAR(stats->loss, loss_sum / (kIter * c.batch_iter), 2e-5) << "t " << t;
      EXPECT_NEAR(stats->q_value, value_sum / (kIter * c.batch_iter), 2e-5) << "t " << t;
      EXPECT_NEAR(stats->td_error, error_sum / (kIter * c.batch_iter), 2e-5) << "t " << t;
    }
    if (c.target == kPolyakKeys) target.follow(online, kPolyak);
    if (c.target == kReplaceKeys && frame % kReplace < kEnvs) target.follow(online, 1);
    ASSERT_LT(online.distance(recorded.net("net")), 2e-5) << "t " << t;
    if (c.algorithm != "VanillaDQN") {
      ASSERT_LT(target.distance(recorded.net("target_net")), 2e-5) << "t " << t;
    }
  }
  EXPECT_GT(num_updates, 15);
  // Else DoubleDQN would be DQN.
  if (c.algorithm == "DoubleDQN") {
    EXPECT_GT(num_differing, 20);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Table, DqnInDouble,
    testing::Values(Case{"Vanilla", "VanillaDQN", kUniform, ""}, Case{"VanillaTwice", "VanillaDQN", kUniform, "", 1, 2},
                    Case{"DqnReplace", "DQN", kUniform, kReplaceKeys},
                    Case{"DqnPolyakThreeSteps", "DQN", kUniform, kPolyakKeys, 3},
                    Case{"DqnTwice", "DQN", kUniform, kPolyakKeys, 1, 2},
                    Case{"DoubleReplace", "DoubleDQN", kUniform, kReplaceKeys},
                    Case{"DoublePer", "DoubleDQN", prioritized(false, true), kReplaceKeys},
                    Case{"DoublePerStratifiedTwoSteps", "DoubleDQN", prioritized(true, true), kPolyakKeys, 2},
                    Case{"DqnPerWithoutWeights", "DQN", prioritized(false, false), kReplaceKeys, 1, 2}),
    [](const auto& instance) { return instance.param.label; });

TEST(Dqn, KeepsATargetNetWhereItHasOne) {
  const EnvInfo info = OneHotEnv(1, 3, 10, 1).info();
  for (const bool has_target : {false, true}) {
    const auto dqn =
        make_agent(agent(fmt::format(R"({{"name": "{}", "gamma": 0.9, "action_policy": "epsilon_greedy",
            "explore_var_spec": {{"name": "no_decay", "start_val": 0.1}}, "training_frequency": 1, "training_iter": 1,
            "training_batch_iter": 1}})",
                                     has_target ? "DQN" : "VanillaDQN"),
                         kUniform, R"("net": {"type": "MLPNet", "hid_layers": [4], "hid_layers_activation": "relu"})"),
                   info);
    Archive archive;
    dqn->serialize(archive);
    EXPECT_EQ(std::ranges::any_of(archive.arrays(), [](const auto& a) { return a.first.starts_with("target."); }),
              has_target);
  }
}

}  // namespace
}  // namespace slm::dqn_test
