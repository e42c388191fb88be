#include "slm_lab/algorithm/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "slm_lab/base/error.h"
#include "tests/support/agent_spec.h"
#include "tests/support/catch_env.h"
#include "tests/support/reread.h"
#include "tests/support/test_env.h"

namespace slm::registry_test {
namespace {

const std::string kSharedNet = R"("net": {"type": "MLPNet", "shared": true, "use_same_optim": true, "hid_layers": [32],
    "hid_layers_activation": "tanh", "clip_grad_val": 0.5, "log_std_init": -0.5,
    "optim_spec": {"name": "Adam", "lr": 0.01}})";

// A spec of each algorithm that learns the environments of test_env.h in a second or two.
struct Case {
  std::string label, algorithm, json;
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.label; }

std::vector<Case> cases() {
  const std::string a2c = R"({"name": "ActorCritic", "gamma": 0.5, "lam": 0.9, "training_frequency": 16)";
  const std::string ppo = R"({"name": "PPO", "gamma": 0.5, "lam": 0.9, "time_horizon": 32, "minibatch_size": 48,
      "training_epoch": 4, "clip_eps_spec": {"name": "no_decay", "start_val": 0.2})";
  // Raw advantages shrink with what is left to learn, and Adam's steps do not. At a rate of 0.01 twelve of them a
  // rollout in the end throw a policy with a standard deviation of 0.05 out of its optimum, in 10 of 24 sessions.
  std::string slow_shared_net = kSharedNet;
  slow_shared_net.replace(slow_shared_net.find("0.01"), 4, "0.003");
  const std::string explore = R"("action_policy": "epsilon_greedy", "gamma": 0.5,
      "explore_var_spec": {"name": "linear_decay", "start_val": 1, "end_val": 0.1, "end_step": 5000})";
  const std::string boltzmann = R"("action_policy": "boltzmann", "gamma": 0.5,
      "explore_var_spec": {"name": "linear_decay", "start_val": 1, "end_val": 0.1, "end_step": 5000})";
  const std::string often = R"("training_frequency": 8, "training_iter": 1, "training_batch_iter": 1)";
  const std::string replay = R"("memory": {"name": "Replay", "batch_size": 32, "max_size": 2000, "use_cer": true})";
  const std::string per = R"("memory": {"name": "PrioritizedReplay", "batch_size": 32, "max_size": 2000, "alpha": 0.6,
      "epsilon": 0.0001, "stratified": true, "beta_end_step": 10000})";
  const std::string sil = R"("sil_policy_loss_coef": 0.5, "sil_val_loss_coef": 0.01, "training_iter": 2,
      "training_batch_iter": 2)";
  const std::string sil_memory = R"("memory": {"name": "OnPolicyBatchReplay", "sil_replay_name": "Replay",
      "batch_size": 32, "max_size": 500, "use_cer": true})";
  const std::string sac = R"({"name": "SoftActorCritic", "gamma": 0.5, "training_frequency": 8, "training_iter": 1,
      "training_start_step": 100)";
  const std::string polyak_net = R"("net": {"type": "MLPNet", "hid_layers": [32], "hid_layers_activation": "relu",
      "update_type": "polyak", "polyak_coef": 0.1, "optim_spec": {"name": "Adam", "lr": 0.01}})";
  const std::string cross_q = R"({"name": "CrossQ", "gamma": 0.5, "training_frequency": 8, "training_iter": 1,
      "training_start_step": 100)";
  const std::string renorm_net = R"("net": {"type": "MLPNet", "hid_layers": [32], "hid_layers_activation": "relu",
      "actor_layer_norm": true, "batch_renorm": {"warmup_steps": 500}, "optim_spec": {"name": "Adam", "lr": 0.01}})";
  return {
      {"Random", "Random", agent(R"({"name": "Random"})", kBatch, R"("net": {})")},
      {"Reinforce", "Reinforce",
       agent(R"({"name": "Reinforce", "gamma": 0.0, "training_frequency": 16, "center_return": true,
                 "entropy_coef_spec": {"name": "linear_decay", "start_val": 0.01, "end_val": 0, "end_step": 5000}})",
             kBatch, kNet)},
      {"A2cGae", "ActorCritic", agent(a2c + "}", kBatch, kNet)},
      {"A2cShared", "ActorCritic", agent(a2c + R"(, "normalize_v_targets": true})", kBatch, kSharedNet)},
      {"A2cNStep", "ActorCritic",
       agent(R"({"name": "ActorCritic", "gamma": 0.5, "lam": null, "num_step_returns": 4})", kBatch, kNet)},
      {"A2cMinibatches", "ActorCritic",
       agent(a2c + R"(, "minibatch_size": 24, "symlog": true})", kBatch, slow_shared_net)},
      {"Ppo", "PPO", agent(ppo + R"(, "entropy_coef_spec": {"name": "no_decay", "start_val": 0.001}})", kBatch, kNet)},
      {"PpoOptions", "PPO",
       agent(ppo + R"(, "recompute_advantages": true, "target_kl": 0.2, "normalize_advantages": "none",
                      "normalize_v_targets": true})",
             kBatch, slow_shared_net)},
      {"PpoPercentile", "PPO", agent(ppo + R"(, "normalize_advantages": "percentile"})", kBatch, slow_shared_net)},
      {"PpoTanhMean", "PPO", agent(ppo + R"(, "tanh_mean": true, "clamp_actions": true})", kBatch, kSharedNet)},
      {"PpoSde", "PPO", agent(ppo + R"(, "sde": {"sample_freq": 4, "log_std_init": -1}})", kBatch, kNet)},
      {"A2cSdeShared", "ActorCritic",
       agent(a2c + R"(, "normalize_advantages": "standardize", "tanh_mean": true,
                      "sde": {"sample_freq": 3, "log_std_init": -1}})",
             kBatch,
             R"("net": {"type": "MLPNet", "shared": true, "use_same_optim": true, "hid_layers": [32],
                 "hid_layers_activation": "tanh", "clip_grad_val": 0.5, "optim_spec": {"name": "Adam", "lr": 0.003}})")},
      {"PpoBeta", "PPO", agent(ppo + R"(, "action_pdtype": "Beta"})", kBatch, kNet)},
      {"Sarsa", "SARSA", agent(R"({"name": "SARSA", "training_frequency": 8, )" + explore + "}", kBatch, kNet)},
      {"VanillaDqn", "VanillaDQN", agent(R"({"name": "VanillaDQN", )" + often + ", " + explore + "}", replay, kNet)},
      {"DqnBase", "DQNBase", agent(R"({"name": "DQNBase", )" + often + ", " + boltzmann + "}", replay, kNet)},
      {"Dqn", "DQN",
       agent(R"({"name": "DQN", "num_step_returns": 3, )" + often + ", " + boltzmann + "}", replay, polyak_net)},
      {"DoubleDqnPer", "DoubleDQN", agent(R"({"name": "DoubleDQN", )" + often + ", " + explore + "}", per, polyak_net)},
      {"C51", "C51",
       agent(R"({"name": "C51", "num_atoms": 21, "v_min": 0, "v_max": 2, )" + often + ", " + explore + "}", replay,
             polyak_net)},
      {"Rainbow", "C51",
       agent(R"({"name": "C51", "v_min": 0, "v_max": 2, "double": true, "num_step_returns": 3, )" + often + ", " +
                 explore + "}",
             per, polyak_net)},
      {"Sac", "SoftActorCritic", agent(sac + "}", replay, polyak_net)},
      {"SacPer", "SoftActorCritic", agent(sac + R"(, "policy_delay": 2, "fixed_alpha": 0.02})", per, polyak_net)},
      {"CrossQ", "CrossQ", agent(cross_q + "}", replay, renorm_net)},
      {"CrossQPer", "CrossQ", agent(cross_q + R"(, "policy_delay": 2, "fixed_alpha": 0.02})", per, renorm_net)},
      {"Td3", "TD3",
       agent(
           R"({"name": "TD3", "gamma": 0.5, "training_frequency": 8, "training_iter": 1, "training_start_step": 100})",
           replay, polyak_net)},
      {"Sil", "SIL",
       agent(R"({"name": "SIL", "gamma": 0.5, "lam": 0.9, "training_frequency": 16, )" + sil + "}", sil_memory, kNet)},
      {"PpoSil", "PPOSIL",
       agent(R"({"name": "PPOSIL", "gamma": 0.5, "lam": 0.9, "time_horizon": 32,
           "minibatch_size": 48, "training_epoch": 4, "clip_eps_spec": {"name": "no_decay", "start_val": 0.2}, )" +
                 sil + "}",
             sil_memory, kSharedNet)},
      {"PpoClipVloss", "PPO", agent(ppo + R"(, "clip_vloss": true})", kBatch, kNet)},
  };
}

/// Identity environments, whose observations are floats, and ones that are seen in bytes.
enum class World { continuous, discrete, continuous_bytes, discrete_bytes };
bool is_discrete(World world) { return world == World::discrete || world == World::discrete_bytes; }
bool is_bytes(World world) { return world == World::continuous_bytes || world == World::discrete_bytes; }
std::string name_of(World world) {
  return std::string(is_discrete(world) ? "Discrete" : "Continuous") + (is_bytes(world) ? "Bytes" : "");
}

constexpr int kClock = 7;  // some of Catch's episodes last longer, some end before

std::unique_ptr<VecEnv> make_test_env(World world, int num_envs = 4) {
  switch (world) {
    case World::discrete:
      return std::make_unique<OneHotEnv>(num_envs, 4, 10, 7);
    case World::discrete_bytes:
      return make_catch<std::uint8_t, false>(num_envs, kClock);
    case World::continuous_bytes:
      return make_catch<std::uint8_t, true>(num_envs, kClock);
    default:
      return std::make_unique<MatchEnv>(num_envs, 1, 10, 7);
  }
}

class EveryAlgorithm : public testing::TestWithParam<std::tuple<Case, World>> {
 protected:
  const Case& spec() const { return std::get<0>(GetParam()); }
  World world() const { return std::get<1>(GetParam()); }
  bool discrete() const { return is_discrete(world()); }
  void SetUp() override {
    if (!find_algorithm(spec().algorithm)->takes(make_test_env(world())->info().action_space))
      GTEST_SKIP() << "other actions only";
    if (discrete() && spec().json.find("\"Beta\"") != std::string::npos) GTEST_SKIP() << "continuous actions only";
  }
  std::unique_ptr<Algorithm> make(const EnvInfo& info) const { return make_agent(spec().json, info); }
};

void expect_equal_nets(Algorithm& a, Algorithm& b) {
  const auto nets = a.nets(), nets2 = b.nets();
  ASSERT_EQ(nets.size(), nets2.size());
  for (std::size_t i = 0; i < nets.size(); ++i)
    EXPECT_TRUE(std::ranges::equal(nets[i].net->parameters().values.span(), nets2[i].net->parameters().values.span()))
        << nets[i].name;
  EXPECT_EQ(a.opt_step(), b.opt_step());
}

TEST_P(EveryAlgorithm, SolvesTheIdentityEnvironment) {
  if (spec().algorithm == "Random") GTEST_SKIP() << "learns nothing";
  if (is_bytes(world())) GTEST_SKIP() << "another environment: see learning_test.cc";
  const auto env = make_test_env(world());
  const auto algorithm = make(env->info());
  run_agent(*algorithm, *env, 5000);
  const double reward = greedy_reward(*algorithm, *env, 200);
  if (discrete())
    EXPECT_GT(reward, 0.95);  // chance: 0.25
  else
    EXPECT_GT(reward, -0.05);  // always 0: -0.33
}

// The policy's best action is anywhere in [-2, 4]; an algorithm that could not reach the ends would not try them.
TEST_P(EveryAlgorithm, ActsFromOneBoundToTheOther) {
  if (world() != World::continuous) GTEST_SKIP() << "other bounds, or none";
  MatchEnv env(4, 1, 10, 7);
  const auto algorithm = make(env.info());
  run_agent(*algorithm, env, 2000);
  EXPECT_LT(env.lowest(), -1.5);
  EXPECT_GT(env.highest(), 3.5);
}

TEST_P(EveryAlgorithm, ContinuesAfterSaveAndLoadAsIfNothingHadHappened) {
  const auto env = make_test_env(world());
  const auto algorithm = make(env->info());
  AgentRun run(*algorithm, *env);
  for (int t = 0; t < 77; ++t) run.one_step();  // in the middle of a rollout
  Archive archive;
  run.serialize(archive);
  const auto env2 = make_test_env(world());
  const auto algorithm2 = make(env2->info());
  AgentRun run2(*algorithm2, *env2);
  Archive loaded = reread(archive);
  run2.serialize(loaded);
  for (int t = 0; t < 150; ++t) {
    run.one_step();
    run2.one_step();
    ASSERT_EQ(run.actions, run2.actions) << t;
  }
  expect_equal_nets(*algorithm, *algorithm2);
}

// From the environment to the first layer bytes are bytes; what is learnt is what would be learnt from the floats that
// the layer makes of them, to the last bit.
TEST_P(EveryAlgorithm, SeesBytesAsNumbersFrom0To1) {
  if (!is_bytes(world())) GTEST_SKIP() << "floats";
  const auto env = make_test_env(world());
  const auto of_floats = discrete() ? make_catch<float, false>(4, kClock) : make_catch<float, true>(4, kClock);
  const auto algorithm = make(env->info()), algorithm2 = make(of_floats->info());
  AgentRun run(*algorithm, *env), run2(*algorithm2, *of_floats);
  for (int t = 0; t < 150; ++t) {
    run.one_step();
    run2.one_step();
    ASSERT_TRUE(run.obs.are_bytes() && !run2.obs.are_bytes());
    ASSERT_EQ(run.actions, run2.actions) << t;
  }
  expect_equal_nets(*algorithm, *algorithm2);
}

/// The agent with convolutions that are normalised over batches instead of dense layers.
std::string with_batch_norm(std::string json) {
  const auto replace = [&](const std::string& from, const std::string& to) {
    for (std::size_t at = 0; (at = json.find(from, at)) != std::string::npos; at += to.size())
      json.replace(at, from.size(), to);
  };
  replace("MLPNet", "ConvNet");
  replace(R"("hid_layers": [32])",
          R"("conv_hid_layers": [[4, 2, 1, 0, 1], [4, 2, 1, 0, 1]], "fc_hid_layers": [16], "batch_norm": true)");
  replace(R"("actor_layer_norm": true,)", "");
  return json;
}

// Gradients go through the statistics of a batch, which move those that the agent acts by, in every net that learns.
TEST_P(EveryAlgorithm, TrainsByTheStatisticsOfItsBatches) {
  if (world() != World::discrete_bytes) GTEST_SKIP() << "images of discrete actions only";
  const auto env = make_catch<std::uint8_t, false, /*image=*/true>(4, kClock);
  const auto algorithm = make_agent(with_batch_norm(spec().json), env->info());
  AgentRun run(*algorithm, *env);
  for (int t = 0; t < 150; ++t) run.one_step();
  for (const NamedNet& net : algorithm->nets()) {
    SCOPED_TRACE(net.name);
    const Parameters& parameters = net.net->parameters();
    int statistics = 0;
    for (const Tensor& tensor : parameters.tensors)
      if (tensor.is_buffer && tensor.name.ends_with(".running_mean")) {
        ++statistics;
        EXPECT_THAT(read_tensor(tensor, parameters.values), testing::Contains(testing::Ne(0.0f))) << tensor.name;
      }
    EXPECT_GE(statistics, 1);
  }
}

TEST_P(EveryAlgorithm, AllocatesNothingAfterTheFirstUpdate) {
  const auto env = make_test_env(world());
  const auto algorithm = make(env->info());
  AgentRun run(*algorithm, *env);
  for (int t = 0; t < 150; ++t) run.one_step();
  long by_agent = 0;
  for (int t = 0; t < 300; ++t) {
    long before = allocations();
    run.agent.act(run.obs, ActMode::train, run.act_rng, run.actions);
    by_agent += allocations() - before;
    run.env.step(run.scale.to_env(run.actions), run.step);
    before = allocations();
    run.agent.observe(run.obs, run.actions, run.step);
    run.frame += 4;
    run.agent.update(run.frame, run.update_rng);
    by_agent += allocations() - before;
    run.obs = run.step.obs;
  }
  EXPECT_EQ(by_agent, 0);
}

TEST(AllocationCounter, Counts) {
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  const long before = allocations();
  Matrix by_eigen;
  for (int n = 1; n < 5; ++n) by_eigen.setOnes(n, 10);
  EXPECT_EQ(by_eigen.sum(), 40);
  EXPECT_GE(allocations() - before, 4);
#endif
}

TEST_P(EveryAlgorithm, ActsGreedilyWithoutChance) {
  const auto env = make_test_env(world());
  const auto algorithm = make(env->info());
  const AgentRun run(*algorithm, *env);
  Matrix first, again;
  bool same = true;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Rng one(seed), other(seed + 100);
    algorithm->act(run.obs, ActMode::greedy, one, first);
    algorithm->act(run.obs, ActMode::greedy, other, again);
    same = same && first == again;
  }
  EXPECT_EQ(same, spec().algorithm != "Random") << "which has nothing but chance";
}

TEST_P(EveryAlgorithm, EvaluationChangesNothing) {
  const auto env = make_test_env(world()), env2 = make_test_env(world());
  const auto algorithm = make(env->info()), algorithm2 = make(env2->info());
  AgentRun run(*algorithm, *env), run2(*algorithm2, *env2);
  Rng other(9);
  Matrix ignored;
  for (int t = 0; t < 100; ++t) {
    algorithm2->act(run2.obs.top_rows(2), t % 2 == 0 ? ActMode::evaluate : ActMode::greedy, other, ignored);
    run.one_step();
    run2.one_step();
    ASSERT_EQ(run.actions, run2.actions) << t;
  }
}

TEST_P(EveryAlgorithm, ReportsItsColumns) {
  const auto env = make_test_env(world());
  const auto algorithm = make(env->info());
  AgentRun run(*algorithm, *env);
  std::optional<TrainStats> stats;
  for (int t = 0; t < 40; ++t)
    if (const auto s = run.one_step()) stats = s;
  const Coefficients c = algorithm->coefficients();
  for (const std::string& column : find_algorithm(spec().algorithm)->columns) {
    const double value = column == "entropy"        ? stats.value().entropy
                         : column == "entropy_coef" ? c.entropy_coef
                         : column == "clip_eps"     ? c.clip_eps
                         : column == "alpha"        ? c.alpha
                                                    : c.explore_var;
    EXPECT_TRUE(std::isfinite(value)) << column;
  }
}

TEST_P(EveryAlgorithm, StopsAtRewardsThatAreNotNumbers) {
  if (spec().algorithm == "Random") GTEST_SKIP() << "learns nothing";
  const auto env = make_test_env(world());
  const auto algorithm = make(env->info());
  AgentRun run(*algorithm, *env);
  const auto spoilt_steps = [&] {
    for (int t = 0; t < 100; ++t) {
      algorithm->act(run.obs, ActMode::train, run.act_rng, run.actions);
      env->step(run.scale.to_env(run.actions), run.step);
      run.step.rewards[1] = std::numeric_limits<float>::quiet_NaN();
      algorithm->observe(run.obs, run.actions, run.step);
      algorithm->update(run.frame += 4, run.update_rng);
    }
  };
  try {
    spoilt_steps();
    FAIL() << "trained on NaN";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::diverged);
    EXPECT_THAT(error.what(), testing::HasSubstr("nan"));
  }
}

INSTANTIATE_TEST_SUITE_P(Registry, EveryAlgorithm,
                         testing::Combine(testing::ValuesIn(cases()),
                                          testing::Values(World::continuous, World::discrete, World::continuous_bytes,
                                                          World::discrete_bytes)),
                         [](const auto& instance) {
                           return std::get<0>(instance.param).label + name_of(std::get<1>(instance.param));
                         });

TEST(AlgorithmTable, EveryAvailableRowIsTested) {
  for (const AlgorithmEntry& entry : algorithm_table()) {
    const auto all = cases();
    EXPECT_TRUE(std::ranges::any_of(all, [&](const Case& c) { return c.algorithm == entry.name; })) << entry.name;
  }
}

}  // namespace
}  // namespace slm::registry_test
