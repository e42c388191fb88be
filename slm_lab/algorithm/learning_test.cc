// The algorithms on a real environment, with settings and budgets that take a few seconds.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <numeric>

#include "slm_lab/algorithm/agent_config.h"
#include "slm_lab/algorithm/algorithm.h"
#include "slm_lab/env/registry.h"
#include "slm_lab/spec/reader.h"
#include "slm_lab/spec/report.h"
#include "tests/support/agent_spec.h"
#include "tests/support/catch_env.h"
#include "tests/support/test_env.h"

namespace slm::learning_test {
namespace {

// Mean of the last 20 episodes that end within `num_frames`.
double train_on(const char* env_name, const std::string& agent_json, int num_envs, std::int64_t num_frames) {
  const JsonNode env_root = parse_json(
      fmt::format(R"({{"name": "{}", "num_envs": {}, "max_frame": {}}})", env_name, num_envs, num_frames), "test.json");
  SpecReport env_report("test.json");
  SpecReader env_reader(&env_root, "env", env_report);
  const EnvConfig env_config = read_env_config(env_reader);
  env_report.throw_if_problems();
  const Streams streams(1, 0, 0);
  EnvStatistics statistics;
  const auto env = make_env(env_config, num_envs, 0.99, streams, statistics, EnvUse::train);
  const JsonNode root = parse_json(agent_json, "test.json");
  SpecReport report("test.json");
  SpecReader reader(&root, "agent", report);
  const AgentConfig config = read_agent_config(reader);
  check_agent(config, env->info(), reader);
  report.throw_if_problems();
  const auto algorithm = make_algorithm(config, env->info(), streams);

  Rng act_rng = streams.stream("action"), update_rng = streams.stream("update");
  Observations obs;
  Matrix actions;
  StepResult step;
  std::vector<double> returns;
  ActionScale scale(algorithm->action_range(), env->info().action_space);
  env->reset(obs);
  for (std::int64_t frame = num_envs; frame <= num_frames; frame += num_envs) {
    algorithm->act(obs, ActMode::train, act_rng, actions);
    env->step(scale.to_env(actions), step);
    algorithm->observe(obs, actions, step);
    for (int e = 0; e < num_envs; ++e)
      if (step.episode_over[e]) returns.push_back(step.episode_return[e]);
    obs = step.obs;
    algorithm->update(frame, update_rng);
  }
  const auto last = static_cast<std::ptrdiff_t>(std::min<std::size_t>(20, returns.size()));
  return std::accumulate(returns.end() - last, returns.end(), 0.0) / static_cast<double>(last);
}

double train_on_cartpole(const std::string& agent_json, int num_envs, std::int64_t num_frames) {
  return train_on("CartPole-v1", agent_json, num_envs, num_frames);
}

TEST(Learning, PpoLearnsCartPole) {
  EXPECT_GT(train_on_cartpole(R"({"name": "PPO", "algorithm": {"name": "PPO", "gamma": 0.98, "lam": 0.9,
      "time_horizon": 128, "minibatch_size": 128, "training_epoch": 10,
      "clip_eps_spec": {"name": "no_decay", "start_val": 0.2}}, "memory": {"name": "OnPolicyBatchReplay"},
      "net": {"type": "MLPNet", "shared": false, "use_same_optim": true, "hid_layers": [64, 64],
      "hid_layers_activation": "tanh", "init_fn": "orthogonal_", "clip_grad_val": 0.5,
      "optim_spec": {"name": "Adam", "lr": 0.001}}})",
                              4, 30'000),
            150);
}

TEST(Learning, ActorCriticLearnsCartPole) {
  EXPECT_GT(train_on_cartpole(R"({"name": "A2C", "algorithm": {"name": "ActorCritic", "gamma": 0.99, "lam": 0.95,
      "training_frequency": 32, "val_loss_coef": 0.5,
      "entropy_coef_spec": {"name": "linear_decay", "start_val": 0.01, "end_val": 0.0, "end_step": 60000}},
      "memory": {"name": "OnPolicyBatchReplay"},
      "net": {"type": "MLPNet", "shared": false, "use_same_optim": false, "hid_layers": [64, 64],
      "hid_layers_activation": "tanh", "init_fn": "orthogonal_", "clip_grad_val": 0.5,
      "actor_optim_spec": {"name": "Adam", "lr": 0.002}, "critic_optim_spec": {"name": "Adam", "lr": 0.005}}})",
                              4, 60'000),
            150);
}

TEST(Learning, ReinforceLearnsCartPole) {
  EXPECT_GT(train_on_cartpole(R"({"name": "REINFORCE", "algorithm": {"name": "Reinforce", "gamma": 0.99,
      "center_return": true, "training_frequency": 1,
      "entropy_coef_spec": {"name": "linear_decay", "start_val": 0.01, "end_val": 0.0, "end_step": 60000}},
      "memory": {"name": "OnPolicyReplay"},
      "net": {"type": "MLPNet", "hid_layers": [64], "hid_layers_activation": "relu", "clip_grad_val": 0.5,
      "optim_spec": {"name": "Adam", "lr": 0.004}}})",
                              1, 60'000),
            100);
}

TEST(Learning, SarsaLearnsCartPole) {
  EXPECT_GT(train_on_cartpole(R"({"name": "SARSA", "algorithm": {"name": "SARSA", "gamma": 0.99,
      "action_policy": "epsilon_greedy", "training_frequency": 32,
      "explore_var_spec": {"name": "linear_decay", "start_val": 1.0, "end_val": 0.05, "end_step": 10000}},
      "memory": {"name": "OnPolicyBatchReplay"},
      "net": {"type": "MLPNet", "hid_layers": [64], "hid_layers_activation": "tanh", "clip_grad_val": 0.344,
      "optim_spec": {"name": "RMSprop", "lr": 0.0087}}})",
                              4, 100'000),
            150);
}

const std::string kDqnKeys = R"("gamma": 0.99, "action_policy": "epsilon_greedy", "training_frequency": 4,
    "training_iter": 1, "training_batch_iter": 1, "training_start_step": 500,
    "explore_var_spec": {"name": "linear_decay", "start_val": 1.0, "end_val": 0.02, "end_step": 5000})";
const std::string kQNet = R"("net": {"type": "DuelingMLPNet", "hid_layers": [64], "hid_layers_activation": "relu",
    "clip_grad_val": 10.0, "loss_spec": {"name": "SmoothL1Loss"}, "optim_spec": {"name": "Adam", "lr": 0.001},
    "update_type": "polyak", "polyak_coef": 0.01})";

TEST(Learning, DqnLearnsCartPole) {
  EXPECT_GT(
      train_on_cartpole(R"({"name": "DQN", "algorithm": {"name": "DQN", )" + kDqnKeys +
                            R"(}, "memory": {"name": "Replay", "batch_size": 64, "max_size": 30000}, )" + kQNet + "}",
                        4, 30'000),
      80);
}

TEST(Learning, DoubleDqnWithPrioritiesLearnsCartPole) {
  EXPECT_GT(train_on_cartpole(R"({"name": "DDQN", "algorithm": {"name": "DoubleDQN", )" + kDqnKeys +
                                  R"(}, "memory": {"name": "PrioritizedReplay", "alpha": 0.6, "epsilon": 1e-4,
                                  "batch_size": 64, "max_size": 30000}, )" +
                                  kQNet + "}",
                              4, 30'000),
            80);
}

const std::string kLogitsNet = R"("net": {"type": "MLPNet", "hid_layers": [64], "hid_layers_activation": "relu",
    "clip_grad_val": 10.0, "optim_spec": {"name": "Adam", "lr": 0.001}, "update_type": "polyak", "polyak_coef": 0.01})";

TEST(Learning, C51LearnsCartPole) {
  EXPECT_GT(train_on_cartpole(R"({"name": "C51", "algorithm": {"name": "C51", "v_min": 0, "v_max": 100, )" + kDqnKeys +
                                  R"(}, "memory": {"name": "Replay", "batch_size": 64, "max_size": 30000}, )" +
                                  kLogitsNet + "}",
                              4, 30'000),
            80);
}

TEST(Learning, RainbowLearnsCartPole) {
  EXPECT_GT(train_on_cartpole(R"({"name": "Rainbow", "algorithm": {"name": "C51", "v_min": 0, "v_max": 100,
                                  "num_step_returns": 3, )" +
                                  kDqnKeys + R"(}, "memory": {"name": "PrioritizedReplay", "alpha": 0.5,
                                  "epsilon": 1e-10, "stratified": true, "batch_size": 64, "max_size": 30000}, )" +
                                  kLogitsNet + "}",
                              4, 30'000),
            80);
}

const std::string kSacNet = R"("net": {"type": "MLPNet", "hid_layers": [64, 64], "hid_layers_activation": "relu",
    "optim_spec": {"name": "Adam", "lr": 0.001}, "update_type": "polyak", "polyak_coef": 0.005})";

TEST(Learning, SoftActorCriticLearnsCartPole) {
  EXPECT_GT(train_on_cartpole(R"({"name": "SAC", "algorithm": {"name": "SoftActorCritic", "gamma": 0.99,
      "target_entropy": 0.35, "training_frequency": 4, "training_iter": 2, "training_start_step": 500},
      "memory": {"name": "Replay", "batch_size": 64, "max_size": 20000}, )" +
                                  kSacNet + "}",
                              4, 16'000),
            120);
}

TEST(Learning, SoftActorCriticLearnsPendulum) {
  EXPECT_GT(train_on("Pendulum-v1",
                     R"({"name": "SAC", "algorithm": {"name": "SoftActorCritic", "gamma": 0.99,
      "training_frequency": 1, "training_iter": 1, "training_start_step": 500},
      "memory": {"name": "Replay", "batch_size": 64, "max_size": 8000}, )" +
                         kSacNet + "}",
                     1, 8'000),
            -400);  // random: -1200
}

const std::string kCrossQNet = R"("net": {"type": "MLPNet", "hid_layers": [64, 64], "hid_layers_activation": "relu",
    "optim_spec": {"name": "Adam", "lr": 0.001, "betas": [0.5, 0.999]}, "batch_renorm": {"eps": 1e-3, "warmup_steps": 2000}})";

TEST(Learning, CrossQLearnsCartPole) {
  EXPECT_GT(train_on_cartpole(R"({"name": "CrossQ", "algorithm": {"name": "CrossQ", "gamma": 0.99,
      "target_entropy": 0.35, "training_frequency": 4, "training_iter": 2, "training_start_step": 500},
      "memory": {"name": "Replay", "batch_size": 64, "max_size": 20000}, )" +
                                  kCrossQNet + "}",
                              4, 16'000),
            120);
}

// Its critics' last layer grows to values of hundreds by itself: the ones before are normalised.
TEST(Learning, CrossQLearnsPendulum) {
  EXPECT_GT(train_on("Pendulum-v1",
                     R"({"name": "CrossQ", "algorithm": {"name": "CrossQ", "gamma": 0.99, "policy_delay": 2,
      "training_frequency": 1, "training_iter": 1, "training_start_step": 500},
      "memory": {"name": "Replay", "batch_size": 100, "max_size": 16000},
      "net": {"type": "MLPNet", "hid_layers": [64, 64], "hid_layers_activation": "relu",
      "batch_renorm": {"momentum": 0.05, "eps": 1e-3, "warmup_steps": 5000},
      "optim_spec": {"name": "Adam", "lr": 1e-3, "betas": [0.5, 0.999]},
      "critic_optim_spec": {"name": "Adam", "lr": 1e-2, "betas": [0.5, 0.999]}}})",
                     1, 16'000),
            -400);  // random: -1200
}

TEST(Learning, Td3LearnsPendulum) {
  EXPECT_GT(train_on("Pendulum-v1",
                     R"({"name": "TD3", "algorithm": {"name": "TD3", "gamma": 0.99,
      "training_frequency": 1, "training_iter": 1, "training_start_step": 500},
      "memory": {"name": "Replay", "batch_size": 64, "max_size": 12000}, )" +
                         kSacNet + "}",
                     1, 12'000),
            -400);  // random: -1200
}

const std::string kImitation = R"("sil_policy_loss_coef": 0.5, "sil_val_loss_coef": 0.01, "training_iter": 2,
    "training_batch_iter": 2)";
const std::string kImitationMemory = R"("memory": {"name": "OnPolicyBatchReplay", "sil_replay_name": "Replay",
    "batch_size": 64, "max_size": 10000, "use_cer": true})";

TEST(Learning, SelfImitationLearnsCartPole) {
  EXPECT_GT(train_on_cartpole(R"({"name": "SIL", "algorithm": {"name": "SIL", "gamma": 0.99, "lam": 0.95,
      "training_frequency": 32, "val_loss_coef": 0.5, )" +
                                  kImitation + "}, " + kImitationMemory + R"(,
      "net": {"type": "MLPNet", "shared": false, "use_same_optim": false, "hid_layers": [64, 64],
      "hid_layers_activation": "tanh", "init_fn": "orthogonal_", "clip_grad_val": 0.5,
      "actor_optim_spec": {"name": "Adam", "lr": 0.001}, "critic_optim_spec": {"name": "Adam", "lr": 0.003}}})",
                              4, 60'000),
            150);
}

TEST(Learning, PpoWithSelfImitationLearnsCartPole) {
  EXPECT_GT(train_on_cartpole(R"({"name": "PPOSIL", "algorithm": {"name": "PPOSIL", "gamma": 0.98, "lam": 0.9,
      "time_horizon": 128, "minibatch_size": 128, "training_epoch": 10,
      "clip_eps_spec": {"name": "no_decay", "start_val": 0.2}, )" +
                                  kImitation + "}, " + kImitationMemory + R"(,
      "net": {"type": "MLPNet", "shared": false, "use_same_optim": true, "hid_layers": [64, 64],
      "hid_layers_activation": "tanh", "clip_grad_val": 0.5, "optim_spec": {"name": "Adam", "lr": 0.001}}})",
                              4, 30'000),
            150);
}

// ---- Observations of bytes (tests/support/catch_env.h).

/// Mean return of 200 greedy episodes after `num_steps` steps of eight environments.
template <bool image = false>
double return_on_catch(const std::string& agent_json, int num_steps) {
  const auto env = make_catch<std::uint8_t, false, image>(8);
  const auto fresh = make_catch<std::uint8_t, false, image>(8, 0, /*seed=*/8);
  const auto algorithm = make_agent(agent_json, env->info());
  run_agent(*algorithm, *env, num_steps);
  Observations obs;
  Matrix actions;
  StepResult step;
  Rng unused(1);
  std::vector<double> returns;
  fresh->reset(obs);
  while (returns.size() < 200) {
    algorithm->act(obs, ActMode::greedy, unused, actions);
    fresh->step(actions, step);
    for (Eigen::Index e = 0; e < 8; ++e)
      if (step.episode_over[e]) returns.push_back(step.episode_return[e]);
    obs = step.obs;
  }
  return std::accumulate(returns.begin(), returns.end(), 0.0) / static_cast<double>(returns.size());
}

TEST(Learning, DqnLearnsToCatchFromBytes) {
  EXPECT_GT(
      return_on_catch(R"({"name": "DQN", "algorithm": {"name": "DQN", )" + kDqnKeys +
                          R"(}, "memory": {"name": "Replay", "batch_size": 64, "max_size": 10000}, )" + kQNet + "}",
                      3'000),
      0.9);  // the best: 1
}

TEST(Learning, PpoLearnsToCatchFromBytes) {
  EXPECT_GT(return_on_catch(R"({"name": "PPO", "algorithm": {"name": "PPO", "gamma": 0.98, "lam": 0.9,
      "time_horizon": 32, "minibatch_size": 64, "training_epoch": 4,
      "entropy_coef_spec": {"name": "no_decay", "start_val": 0.01},
      "clip_eps_spec": {"name": "no_decay", "start_val": 0.2}}, "memory": {"name": "OnPolicyBatchReplay"},
      "net": {"type": "MLPNet", "shared": false, "use_same_optim": true, "hid_layers": [64],
      "hid_layers_activation": "tanh", "init_fn": "orthogonal_", "clip_grad_val": 0.5,
      "optim_spec": {"name": "Adam", "lr": 0.003}}})",
                            20'000),
            0.9);
}

const std::string kConvolutions = R"("conv_hid_layers": [[8, 3, 1, 0, 1], [16, 2, 2, 0, 1]],
    "hid_layers_activation": "relu", "normalize": true, "batch_norm": false, )";

TEST(Learning, DqnLearnsToCatchFromImages) {
  constexpr bool kImage = true;
  EXPECT_GT(return_on_catch<kImage>(R"({"name": "DQN", "algorithm": {"name": "DQN", )" + kDqnKeys +
                                        R"(}, "memory": {"name": "Replay", "batch_size": 32, "max_size": 10000},
      "net": {"type": "DuelingConvNet", )" +
                                        kConvolutions + R"("fc_hid_layers": [32], "clip_grad_val": 10.0,
      "loss_spec": {"name": "SmoothL1Loss"}, "optim_spec": {"name": "Adam", "lr": 0.001},
      "update_type": "polyak", "polyak_coef": 0.01}})",
                                    8'000),
            0.9);
}

const std::string kPpoOfImages = R"({"name": "PPO", "algorithm": {"name": "PPO", "gamma": 0.98, "lam": 0.9,
      "time_horizon": 32, "minibatch_size": 64, "training_epoch": 4, "val_loss_coef": 0.5,
      "entropy_coef_spec": {"name": "no_decay", "start_val": 0.01},
      "clip_eps_spec": {"name": "no_decay", "start_val": 0.2}}, "memory": {"name": "OnPolicyBatchReplay"},)";

TEST(Learning, PpoLearnsToCatchFromImages) {
  constexpr bool kImage = true;
  EXPECT_GT(
      return_on_catch<kImage>(kPpoOfImages + R"("net": {"type": "ConvNet", "shared": true, "use_same_optim": true, )" +
                                  kConvolutions + R"("fc_hid_layers": [64], "init_fn": "orthogonal_",
      "clip_grad_val": 0.5, "optim_spec": {"name": "Adam", "lr": 0.002}}})",
                              8'000),
      0.9);
}

TEST(Learning, PpoLearnsToCatchFromImagesWithBatchNormalisation) {
  constexpr bool kImage = true;
  EXPECT_GT(return_on_catch<kImage>(kPpoOfImages + R"("net": {"type": "ConvNet", "shared": true, "use_same_optim": true,
      "conv_hid_layers": [[8, 3, 1, 0, 1], [16, 2, 2, 0, 1]], "hid_layers_activation": "relu", "normalize": true,
      "batch_norm": true, "fc_hid_layers": [64], "init_fn": "orthogonal_", "clip_grad_val": 0.5,
      "optim_spec": {"name": "Adam", "lr": 0.002}}})",
                                    8'000),
            0.9);
}

TEST(Learning, PpoLearnsToCatchFromImagesWithResidualConvolutions) {
  constexpr bool kImage = true;
  EXPECT_GT(return_on_catch<kImage>(
                kPpoOfImages + R"("net": {"type": "ImpalaNet", "shared": true, "use_same_optim": true, "channels": [8],
      "fc_hid_layers": [64], "hid_layers_activation": "relu", "normalize": true, "init_fn": "orthogonal_",
      "clip_grad_val": 0.5, "optim_spec": {"name": "Adam", "lr": 0.002}}})",
                4'000),
            0.9);
}

}  // namespace
}  // namespace slm::learning_test
