#include "slm_lab/algorithm/sil.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>

#include "tests/support/agent_spec.h"
#include "tests/support/double_actor_critic.h"
#include "tests/support/double_replay.h"

namespace slm::sil_test {
namespace {

Vector vector(std::vector<float> values) {
  return Eigen::Map<Vector>(values.data(), static_cast<Eigen::Index>(values.size()));
}

TEST(ImitationLoss, CountsOnlyWhatWentBetterThanExpected) {
  ImitationConfig config;
  config.sil_policy_loss_coef = 2;
  config.sil_val_loss_coef = 0.5;
  const Vector log_probs = vector({-1, -2}), returns = vector({5, 1}), weights = vector({0.5f, 1});
  Vector values = vector({2, 3}), advantages, d_log_probs, d_values(2);
  const ImitationLoss loss =
      imitation_loss(config, log_probs, values, returns, weights, advantages, d_log_probs, d_values);
  EXPECT_EQ(advantages, vector({3, 0}));
  EXPECT_NEAR(loss.policy_loss, 2 * 0.5 * 1 * 3 / 2, 1e-6);
  EXPECT_NEAR(loss.value_loss, 0.5 * 0.5 * 0.5 * 9 / 2, 1e-6);
  EXPECT_EQ(d_log_probs, vector({-2 * 0.5f * 3 / 2, 0}));
  constexpr float kStep = 1e-2f;
  Vector ignored_a, ignored_p, ignored_v(2);
  values[0] += kStep;
  const double above =
      imitation_loss(config, log_probs, values, returns, weights, ignored_a, ignored_p, ignored_v).value_loss;
  values[0] -= 2 * kStep;
  const double below =
      imitation_loss(config, log_probs, values, returns, weights, ignored_a, ignored_p, ignored_v).value_loss;
  EXPECT_NEAR(d_values[0], (above - below) / (2 * kStep), 1e-4);
  EXPECT_EQ(d_values[1], 0);
}

// Two environments: the first plays 1, 2, 4 and terminates; the second is truncated after 8, 16 and then plays on.
// Without a limit an episode is counted as 5000 steps; a row takes obs, action and return.
TEST(ImitationReplay, CountsTheEpisodesThatRun) {
  EnvInfo info;
  info.obs_space = Space::row(2);
  info.action_space = Space::discrete(3);
  info.num_envs = 16;
  const ReplayConfig config{.max_size = 100};
  const auto bytes = [&](int max_episode_steps) {
    info.max_episode_steps = max_episode_steps;
    return imitation_replay_bytes(config, info);
  };
  const std::int64_t row = (bytes(20) - bytes(10)) / (16 * 10);
  EXPECT_GE(row, 4 * 4);
  EXPECT_EQ(bytes(0), bytes(5000));
  EXPECT_EQ(bytes(0) - bytes(10), 16 * 4990 * row);
}

TEST(ImitationReplay, StoresReturnsWhenAnEpisodeEnds) {
  EnvInfo info;
  info.obs_space = Space::box({-1e9f}, {1e9f});
  info.action_space = Space::discrete(9);
  info.num_envs = 2;
  ReplayConfig config;
  config.batch_size = 200;
  config.max_size = 100;
  ImitationReplay replay(config, 0.5f, info);
  const Vector final_values = vector({1000, 32});  // of the first, which terminates, none counts
  StepResult step;
  const auto add = [&](float obs0, float reward0, bool terminated0, float obs1, float reward1, bool truncated1) {
    step.rewards = vector({reward0, reward1});
    step.terminated.resize(2);
    step.truncated.resize(2);
    step.terminated << terminated0, false;
    step.truncated << false, truncated1;
    step.end_episodes();
    replay.add(Matrix{{obs0}, {obs1}}, Matrix{{1}, {2}}, step, final_values);
  };
  add(10, 1, false, 20, 8, false);
  EXPECT_EQ(replay.size(), 0);
  add(11, 2, false, 21, 16, true);
  EXPECT_EQ(replay.size(), 2);
  add(12, 4, true, 22, 1, false);
  EXPECT_EQ(replay.size(), 5);  // the second environment's new episode has not ended

  const std::map<float, float> expected{
      {20, 8 + (16 + 32 / 2) / 2}, {21, 16 + 32 / 2}, {10, 1 + 2 / 2 + 4 / 4}, {11, 2 + 4 / 2}, {12, 4}};
  Rng rng(1);
  ImitationBatch batch;
  replay.sample(rng, 0, batch);
  std::map<float, float> seen;
  for (Eigen::Index i = 0; i < batch.obs.rows(); ++i) {
    seen[batch.obs.floats()(i, 0)] = batch.returns[i];
    EXPECT_EQ(batch.actions(i, 0), batch.obs.floats()(i, 0) < 15 ? 1 : 2);
  }
  EXPECT_EQ(seen, expected);
}

// ---- Updates of SIL and PPOSIL against the same in double precision: that of the algorithm below, then imitation.

struct Case {
  std::string label;
  bool ppo, shared, prioritized;
  friend void PrintTo(const Case& c, std::ostream* out) { *out << c.label; }
};

constexpr int kEnvs = 3, kHorizon = 9, kBatch = 10, kCapacity = 40, kIter = 2, kBatchIter = 2;
constexpr double kGamma = 0.8, kLam = 0.6, kLr = 0.3, kLrEnd = 200, kClip = 0.8, kPolicyCoef = 0.7, kValueCoef = 0.3;
constexpr std::int64_t kMaxFrame = 300;

std::string spec(const Case& c) {
  const std::string base =
      c.ppo ? fmt::format(R"("name": "PPOSIL", "time_horizon": {}, "minibatch_size": 9, "training_epoch": 2,
                             "clip_eps_spec": {{"name": "no_decay", "start_val": 0.2}})",
                          kHorizon)
            : fmt::format(R"("name": "SIL", "training_frequency": {})", kHorizon);
  const std::string memory =
      c.prioritized ? R"("sil_replay_name": "PrioritizedReplay", "alpha": 0.7, "epsilon": 0.01, "beta": 0.3)"
                    : R"("sil_replay_name": "Replay")";
  return fmt::format(R"({{"name": "SIL", "algorithm": {{{}, "gamma": {}, "lam": {}, "sil_policy_loss_coef": {},
      "sil_val_loss_coef": {}, "training_iter": {}, "training_batch_iter": {}}},
      "memory": {{"name": "OnPolicyBatchReplay", "batch_size": {}, "max_size": {}, {}}},
      "net": {{"type": "MLPNet", "shared": {}, "use_same_optim": true, "hid_layers": [5], "hid_layers_activation": "tanh",
        "clip_grad_val": {}, "optim_spec": {{"name": "SGD", "lr": {}}},
        "lr_scheduler_spec": {{"name": "LinearToZero", "frame": {}}}}}}})",
                     base, kGamma, kLam, kPolicyCoef, kValueCoef, kIter, kBatchIter, kBatch, kCapacity, memory,
                     c.shared, kClip, kLr, kLrEnd);
}

/// The steps of finished episodes with the rewards that followed, and after a truncation the value of what would have
/// come (`final_values`, one for each row), in the order in which they are stored: when an episode ends, from its first
/// step.
struct Imitated {
  std::vector<std::vector<double>> obs, actions;
  std::vector<double> returns;
};
Imitated finished_episodes(const Transitions& seen, const std::vector<double>& final_values) {
  Imitated all;
  const VectorD returns = returns_in_double(seen, Eigen::Map<const VectorD>(final_values.data(), seen.size()), kGamma);
  std::vector<int> first(kEnvs);
  for (int e = 0; e < kEnvs; ++e) first[Transitions::at(e)] = e;
  for (int i = 0; i < seen.size(); ++i) {
    if (!seen.ended(i)) continue;
    int& begin = first[Transitions::at(i % kEnvs)];
    for (int j = begin; j <= i; j += kEnvs) {
      all.obs.push_back(seen.obs[Transitions::at(j)]);
      all.actions.push_back(seen.actions[Transitions::at(j)]);
      all.returns.push_back(returns[j]);
    }
    begin = i + kEnvs;
  }
  return all;
}

class SilInDouble : public testing::TestWithParam<Case> {};

TEST_P(SilInDouble, UpdatesAreEqual) {
  const Case& c = GetParam();
  NoiseEnv env(kEnvs, 4, Space::discrete(3));
  const auto agent = make_agent(spec(c), env.info(), 3, kMaxFrame);
  RecordedRun recorded(*agent, env);
  DoubleActorCritic nets(recorded, true, c.shared);
  DoubleScale scale;
  DoublePercentiles percentiles;
  DoubleSampler sampler(kCapacity, kBatch);
  if (c.prioritized) sampler.prioritize({0.7, 0.01, false, true});
  Transitions& rollout = recorded.seen;
  Transitions everything;
  everything.num_envs = kEnvs;
  std::vector<double> final_values;  // by the critic before the update that follows
  for (int round = 0; round < 4; ++round) {
    std::optional<TrainStats> stats;
    while (!stats) stats = recorded.one_step();
    const double lr = kLr * (1 - static_cast<double>(recorded.frame) / kLrEnd);
    Rng draws = recorded.update_rng;
    const VectorD next_values = nets.values(matrix_of(rollout.next_obs));
    for (int i = 0; i < rollout.size(); ++i) final_values.push_back(next_values[i] * rollout.goes_on(i));
    if (c.ppo) {
      ppo_in_double({.gamma = kGamma,
                     .lam = kLam,
                     .clip_eps = 0.2,
                     .entropy_coef = 0,
                     .value_coef = 1,
                     .actor_lr = lr,
                     .critic_lr = lr,
                     .max_norm = kClip,
                     .epochs = 2,
                     .minibatch_size = 9},
                    rollout, draws, scale, percentiles, nets);
    } else {
      const AdvantagesD a = advantages_in_double(nets, rollout, kGamma, kLam);
      const MatrixD obs = matrix_of(rollout.obs), actions = matrix_of(rollout.actions);
      nets.descend([&] { return -nets.policy(obs, actions).log_probs.cwiseProduct(a.advantages).mean(); },
                   [&] { return (nets.values(obs) - a.targets).squaredNorm() / rollout.size(); }, lr, lr, kClip);
    }

    everything.append(rollout);
    const Imitated imitated = finished_episodes(everything, final_values);
    while (sampler.num_added() < static_cast<int>(imitated.returns.size())) sampler.add();
    ASSERT_GT(sampler.num_added(), 0);
    const auto frame = static_cast<double>(recorded.run.frame);
    const double imitation_lr = kLr * (1 - frame / kLrEnd);  // the algorithm below has ended its round
    double imitation_loss = 0;
    for (int iter = 0; iter < kIter; ++iter) {
      const DoubleSampler::Rows drawn = sampler.draw(draws, 0.3 + 0.7 * frame / static_cast<double>(kMaxFrame));
      std::vector<int> numbers;
      VectorD returns(kBatch);
      for (const int row : drawn.rows) {
        numbers.push_back(sampler.newest_in(row));
        returns[static_cast<Eigen::Index>(numbers.size()) - 1] = imitated.returns[Transitions::at(numbers.back())];
      }
      const MatrixD obs = matrix_of(imitated.obs, numbers), actions = matrix_of(imitated.actions, numbers);
      for (int repetition = 0; repetition < kBatchIter; ++repetition) {
        const VectorD better = (returns - nets.values(obs)).cwiseMax(0);  // a constant in the policy's loss
        sampler.set_priorities(drawn.rows, better);
        const auto policy_loss = [&] {
          const VectorD log_probs = nets.policy(obs, actions).log_probs;
          return -kPolicyCoef * log_probs.cwiseProduct(better).cwiseProduct(drawn.weights).mean();
        };
        const auto value_loss = [&] {
          const VectorD now = (returns - nets.values(obs)).cwiseMax(0);
          return kValueCoef / 2 * now.cwiseAbs2().cwiseProduct(drawn.weights).mean();
        };
        imitation_loss += policy_loss() + value_loss();
        nets.descend(policy_loss, value_loss, imitation_lr, imitation_lr, kClip);
      }
    }
    EXPECT_LT(nets.distance(), 5e-5) << "round " << round;
    EXPECT_NEAR(stats->loss - stats->policy_loss - stats->value_loss, imitation_loss / (kIter * kBatchIter), 1e-5);
    rollout.clear();
  }
  EXPECT_GT(sampler.num_added(), kCapacity);
}

INSTANTIATE_TEST_SUITE_P(Table, SilInDouble,
                         testing::Values(Case{"Sil", false, false, false}, Case{"SilSharedPer", false, true, true},
                                         Case{"PpoSil", true, false, false}, Case{"PpoSilPer", true, false, true}),
                         [](const auto& instance) { return instance.param.label; });

}  // namespace
}  // namespace slm::sil_test
