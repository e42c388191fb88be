// Updates of C51 against the same in double precision, from the definitions: softmax, projection, cross-entropy.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/support/agent_spec.h"
#include "tests/support/double_replay.h"

namespace slm::c51_test {
namespace {

struct Case {
  std::string label;
  bool prioritized, is_double;
  int num_steps;
  friend void PrintTo(const Case& c, std::ostream* out) { *out << c.label; }
};

constexpr double kGamma = 0.8, kLr = 1.5, kBeta = 0.3, kAlpha = 0.5, kEpsilon = 0.01;
constexpr int kEnvs = 3, kActions = 3, kBatch = 12, kCapacity = 40, kReplace = 47, kAtoms = 7;
constexpr double kLow = -1.5, kHigh = 2, kStep = (kHigh - kLow) / (kAtoms - 1);
constexpr std::int64_t kMaxFrame = 300;

std::string spec(const Case& c) {
  const std::string memory =
      c.prioritized
          ? fmt::format(R"("name": "PrioritizedReplay", "alpha": {}, "epsilon": {}, "beta": {}, "stratified": true)",
                        kAlpha, kEpsilon, kBeta)
          : R"("name": "Replay")";
  return fmt::format(R"({{"name": "C51", "algorithm": {{"name": "C51", "gamma": {}, "action_policy": "epsilon_greedy",
      "explore_var_spec": {{"name": "no_decay", "start_val": 0.5}}, "training_frequency": 3, "training_iter": 1,
      "training_batch_iter": 1, "training_start_step": 20, "num_step_returns": {}, "num_atoms": {}, "v_min": {},
      "v_max": {}, "double": {}}}, "memory": {{{}, "batch_size": {}, "max_size": {}}},
      "net": {{"type": "MLPNet", "hid_layers": [5], "hid_layers_activation": "tanh",
        "optim_spec": {{"name": "SGD", "lr": {}}}, "update_type": "replace", "update_frequency": {}}}}})",
                     kGamma, c.num_steps, kAtoms, kLow, kHigh, c.is_double, memory, kBatch, kCapacity, kLr, kReplace);
}

/// Of one action among the outputs of a row.
VectorD probabilities_of(const MatrixD& outputs, Eigen::Index row, Eigen::Index action) {
  const VectorD powers = outputs.row(row).segment(action * kAtoms, kAtoms).array().exp();
  return powers / powers.sum();
}
double mean_of(const VectorD& probabilities) {
  double mean = 0;
  for (int i = 0; i < kAtoms; ++i) mean += probabilities[i] * (kLow + i * kStep);
  return mean;
}

/// Each atom takes of a return what it is nearer than a step: 1 - |distance| / step.
VectorD projected(double reward, double discount, const VectorD& probabilities) {
  VectorD target = VectorD::Zero(kAtoms);
  for (int j = 0; j < kAtoms; ++j) {
    const double to = std::clamp(reward + discount * (kLow + j * kStep), kLow, kHigh);
    for (int i = 0; i < kAtoms; ++i)
      target[i] += probabilities[j] * std::max(0.0, 1 - std::abs(to - (kLow + i * kStep)) / kStep);
  }
  return target;
}

class C51InDouble : public testing::TestWithParam<Case> {};

TEST_P(C51InDouble, UpdatesAreEqual) {
  const Case& c = GetParam();
  NoiseEnv env(kEnvs, 4, Space::discrete(kActions));
  const auto agent = make_agent(spec(c), env.info(), 7, kMaxFrame);
  RecordedRun recorded(*agent, env);
  DoubleNet online(recorded.net("net")), target_net = online;
  DoubleReplay replay(kCapacity, kBatch);
  if (c.prioritized) replay.prioritize({.alpha = kAlpha, .epsilon = kEpsilon, .stratified = true, .weights = true});

  int num_updates = 0, num_differing = 0, num_ended = 0;
  for (int t = 1; t <= 40; ++t) {
    const std::optional<TrainStats> stats = recorded.one_step();
    const std::int64_t frame = t * kEnvs;
    replay.add_new(recorded.seen);
    ASSERT_EQ(stats.has_value(), frame > 20) << "t " << t;
    if (stats) {
      ++num_updates;
      Rng draws = recorded.update_rng;
      const double progress = static_cast<double>(recorded.frame) / static_cast<double>(kMaxFrame);
      const DoubleBatch batch = replay.draw(draws, kGamma, c.num_steps, kBeta + (1 - kBeta) * progress);
      const MatrixD online_next = online(batch.next_obs), target_next = target_net(batch.next_obs);
      const auto best_of = [](const MatrixD& outputs, Eigen::Index i) {
        VectorD values(kActions);
        for (int a = 0; a < kActions; ++a) values[a] = mean_of(probabilities_of(outputs, i, a));
        Eigen::Index best;
        values.maxCoeff(&best);
        return best;
      };
      MatrixD targets(kBatch, kAtoms);
      for (Eigen::Index i = 0; i < kBatch; ++i) {
        const Eigen::Index by_online = best_of(online_next, i), by_target = best_of(target_next, i);
        num_differing += by_online != by_target;
        num_ended += batch.discounts[i] == 0;
        targets.row(i) = projected(batch.rewards[i], batch.discounts[i],
                                   probabilities_of(target_next, i, c.is_double ? by_online : by_target));
      }
      const auto of_taken = [&](const MatrixD& outputs, Eigen::Index i) {
        return probabilities_of(outputs, i, static_cast<Eigen::Index>(batch.actions(i, 0)));
      };
      const auto cross_entropies = [&] {
        const MatrixD outputs = online(batch.obs);
        VectorD all(kBatch);
        for (Eigen::Index i = 0; i < kBatch; ++i)
          all[i] = -targets.row(i).dot(of_taken(outputs, i).array().log().matrix().transpose());
        return all;
      };
      const auto loss = [&] { return cross_entropies().cwiseProduct(batch.weights).mean(); };
      double value = 0, error = 0;
      const MatrixD outputs = online(batch.obs);
      for (Eigen::Index i = 0; i < kBatch; ++i) {
        value += mean_of(of_taken(outputs, i)) / kBatch;
        error += std::abs(mean_of(targets.row(i)) - mean_of(of_taken(outputs, i))) / kBatch;
      }
      EXPECT_NEAR(stats->loss, loss(), 2e-5) << "t " << t;
      EXPECT_NEAR(stats->q_value, value, 2e-5) << "t " << t;
      EXPECT_NEAR(stats->td_error, error, 2e-5) << "t " << t;
      replay.set_priorities(batch, cross_entropies());
      online.descend(online.gradient(loss), kLr);
    }
    if (frame % kReplace < kEnvs) target_net.follow(online, 1);
    ASSERT_LT(online.distance(recorded.net("net")), 2e-5) << "t " << t;
    ASSERT_LT(target_net.distance(recorded.net("target_net")), 2e-5) << "t " << t;
  }
  EXPECT_EQ(num_updates, 34);
  EXPECT_GT(num_ended, 20);
  EXPECT_GT(num_differing, 20);  // else double would change nothing
}

INSTANTIATE_TEST_SUITE_P(Table, C51InDouble,
                         testing::Values(Case{"Uniform", false, false, 1}, Case{"Double", false, true, 1},
                                         Case{"Rainbow", true, false, 3}, Case{"RainbowDouble", true, true, 3}),
                         [](const auto& instance) { return instance.param.label; });

}  // namespace
}  // namespace slm::c51_test
