#include "slm_lab/experiment/benchmark_rows.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <array>
#include <limits>

#include "slm_lab/base/error.h"
#include "slm_lab/base/near_name.h"

namespace slm {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

constexpr const char* kFullGames = "Raw scores of full games, with sticky actions";

constexpr std::array kEnvs = {
    BenchmarkEnv{"cartpole", "CartPole-v1", "phase1", "Box(4)", "Discrete(2)", 4, 200'000, 500, 400},
    BenchmarkEnv{"acrobot", "Acrobot-v1", "phase1", "Box(6)", "Discrete(3)", 4, 300'000, 500, -100},
    BenchmarkEnv{"pendulum", "Pendulum-v1", "extra", "Box(3)", "Box(1)", 0, 0, 0, -200, /*by_d100=*/true},
    BenchmarkEnv{"lunar", "LunarLander-v3", "phase2", "Box(8)", "Discrete(4)", 8, 300'000, 1000, 200,
                 /*by_d100=*/false,
                 "SLM-Lab's 304 of A2C is no return but its distance from a random policy's. Our A2C takes "
                 "minibatches, each used once (`minibatch_size`)"},
    BenchmarkEnv{"lunar_continuous", "LunarLanderContinuous-v3", "phase2", "Box(8)", "Box(2)", 8, 300'000, 1000, 200,
                 /*by_d100=*/false, "A2C takes minibatches, each used once (`minibatch_size`)"},
    BenchmarkEnv{"bipedalwalker", "BipedalWalker-v3", "phase2", "Box(24)", "Box(4)", 0, 0, 0, 300,
                 /*by_d100=*/true,
                 "The learners see -1 in place of the -100 of a fall (`fall_reward`); the scores are raw"},
    BenchmarkEnv{"hopper", "Hopper-v5", "phase3", "Box(11)", "Box(3)", 16, 3'000'000, 10'000, 3000},
    BenchmarkEnv{
        "halfcheetah", "HalfCheetah-v5", "phase3", "Box(17)", "Box(6)", 16, 3'000'000, 10'000, 5000,
        /*by_d100=*/false,
        "SAC's wall-clock holds the half hour for which it was stopped, and others beside it: alone a session made "
        "1,100 frames/s"},
    BenchmarkEnv{"walker2d", "Walker2d-v5", "phase3", "Box(17)", "Box(6)", 16, 3'000'000, 10'000, 4000},
    BenchmarkEnv{"ant", "Ant-v5", "phase3", "Box(105)", "Box(8)", 16, 3'000'000, 10'000, 5000},
    BenchmarkEnv{"swimmer", "Swimmer-v5", "phase3", "Box(8)", "Box(2)", 16, 3'000'000, 10'000, 100},
    BenchmarkEnv{"reacher", "Reacher-v5", "phase3", "Box(10)", "Box(2)", 16, 3'000'000, 10'000, -5, /*by_d100=*/true,
                 "SLM-Lab's -0.30 of PPO is a normalised reward, no return"},
    BenchmarkEnv{"inverted_pendulum", "InvertedPendulum-v5", "phase3", "Box(4)", "Box(1)", 0, 0, 0, 999.9,
                 /*by_d100=*/true, "SLM-Lab's page asks for more than 1000, which is the most there is"},
    BenchmarkEnv{"inverted_double_pendulum", "InvertedDoublePendulum-v5", "phase3", "Box(9)", "Box(1)", 16, 3'000'000,
                 10'000, 9000, /*by_d100=*/true, "No episode reaches more than about 9360"},
    BenchmarkEnv{"humanoid", "Humanoid-v5", "phase3", "Box(348)", "Box(17)", 0, 0, 0, 6000},
    BenchmarkEnv{"humanoid_standup", "HumanoidStandup-v5", "extra", "Box(348)", "Box(17)", 16, 3'000'000, 10'000,
                 100'000},
    BenchmarkEnv{"pusher", "Pusher-v5", "extra", "Box(23)", "Box(7)", 16, 3'000'000, 10'000, -50},
    BenchmarkEnv{"pong", "ALE/Pong-v5", "phase4", "Box(4, 84, 84)", "Discrete(6)", 16, 0, 10'000, 18,
                 /*by_d100=*/false, kFullGames},
    BenchmarkEnv{"qbert", "ALE/Qbert-v5", "phase4", "Box(4, 84, 84)", "Discrete(6)", 16, 0, 10'000, 15'000,
                 /*by_d100=*/false, kFullGames},
    BenchmarkEnv{"breakout", "ALE/Breakout-v5", "phase4", "Box(4, 84, 84)", "Discrete(4)", 16, 10'000'000, 10'000, 400,
                 /*by_d100=*/false, kFullGames},
};

constexpr const char* kPpoMujoco = "slm_lab/spec/benchmark/ppo/ppo_mujoco.json";
constexpr const char* kSacMujoco = "slm_lab/spec/benchmark/sac/sac_mujoco.json";
constexpr const char* kA2cMujoco = "slm_lab/spec/benchmark/a2c/a2c_gae_mujoco.json";
constexpr const char* kPpoAtari = "slm_lab/spec/benchmark/ppo/ppo_atari.json";
constexpr const char* kDqnAtari = "slm_lab/spec/benchmark/dqn/dqn_atari.json";
constexpr const char* kCrossQClassic = "slm_lab/spec/benchmark/crossq/crossq_classic.json";
constexpr const char* kCrossQBox2d = "slm_lab/spec/benchmark/crossq/crossq_box2d.json";
constexpr const char* kCrossQMujoco = "slm_lab/spec/benchmark/crossq/crossq_mujoco.json";
constexpr const char* kRainbowAtari = "slm_lab/spec/benchmark/dqn/rainbow_atari.json";
constexpr int kFew = 2;  // sessions of rows that take hours

/// A row of an algorithm that SLM-Lab's page does not have.
constexpr BenchmarkRow extra(std::string_view id, std::string_view algorithm, std::string_view spec_file,
                             std::string_view spec_name, int cost, int sessions) {
  return {id, algorithm, spec_file, spec_name, kNone, cost, sessions, /*is_template=*/false, /*is_extra=*/true};
}

// The figures are those of SLM-Lab's docs/BENCHMARKS.md (4.3, December 2025).
constexpr auto kRows = std::to_array<BenchmarkRow>({
    {"cartpole/ppo", "PPO", "slm_lab/spec/benchmark/ppo/ppo_cartpole.json", "ppo_cartpole", 499.7, 5},
    {"cartpole/a2c", "A2C", "slm_lab/spec/benchmark/a2c/a2c_gae_cartpole.json", "a2c_gae_cartpole", 488.7, 2},
    {"cartpole/ppo_sil", "PPOSIL", "slm_lab/spec/benchmark/sil/ppo_sil_cartpole.json", "ppo_sil_cartpole", 496.3, 10},
    {"cartpole/dqn", "DQN", "slm_lab/spec/benchmark/dqn/dqn_cartpole.json", "dqn_boltzmann_cartpole", 437.8, 40},
    {"cartpole/ddqn_per", "DDQN+PER", "slm_lab/spec/benchmark/dqn/dqn_cartpole.json", "ddqn_per_boltzmann_cartpole",
     430.4, 40},
    {"cartpole/sac", "SAC", "slm_lab/spec/benchmark/sac/sac_cartpole.json", "sac_cartpole", 431.1, 60},
    {"cartpole/reinforce", "REINFORCE", "slm_lab/spec/benchmark/reinforce/reinforce_cartpole.json",
     "reinforce_cartpole", 427.2, 2},
    {"cartpole/sarsa", "SARSA", "slm_lab/spec/benchmark/sarsa/sarsa_cartpole.json", "sarsa_epsilon_greedy_cartpole",
     393.2, 2},
    extra("cartpole/c51", "C51", "slm_lab/spec/benchmark/dqn/c51_cartpole.json", "c51_cartpole", 60, 5),
    extra("cartpole/rainbow", "Rainbow", "slm_lab/spec/benchmark/dqn/rainbow_cartpole.json", "rainbow_cartpole", 90, 5),
    extra("cartpole/crossq", "CrossQ", kCrossQClassic, "crossq_cartpole", 300, 5),
    {"acrobot/ppo", "PPO", "slm_lab/spec/benchmark/ppo/ppo_acrobot.json", "ppo_acrobot", -80.8, 6},
    {"acrobot/dqn_boltzmann", "DQN (Boltzmann)", "slm_lab/spec/benchmark/dqn/dqn_acrobot.json", "dqn_boltzmann_acrobot",
     -96.2, 60},
    {"acrobot/ddqn_per", "DDQN+PER", "slm_lab/spec/benchmark/dqn/ddqn_per_acrobot.json", "ddqn_per_acrobot", -83.0, 60},
    {"acrobot/a2c", "A2C", "slm_lab/spec/benchmark/a2c/a2c_gae_acrobot.json", "a2c_gae_acrobot", -84.2, 4},
    {"acrobot/sac", "SAC", "slm_lab/spec/benchmark/sac/sac_acrobot.json", "sac_acrobot", -92, 60},
    {"acrobot/dqn_epsilon_greedy", "DQN (eps-greedy)", "slm_lab/spec/benchmark/dqn/dqn_acrobot.json",
     "dqn_epsilon_greedy_acrobot", -79.5, 60},
    {"acrobot/ppo_sil", "PPOSIL", "slm_lab/spec/benchmark/sil/ppo_sil_acrobot.json", "ppo_sil_acrobot", -83.1, 15},
    extra("acrobot/crossq", "CrossQ", kCrossQClassic, "crossq_acrobot", 450, 5),
    {"pendulum/ppo", "PPO", "slm_lab/spec/benchmark/ppo/ppo_pendulum.json", "ppo_pendulum", kNone, 8},
    {"pendulum/sac", "SAC", "slm_lab/spec/benchmark/sac/sac_pendulum.json", "sac_pendulum", kNone, 30},
    {"pendulum/td3", "TD3", "slm_lab/spec/benchmark/td3/td3_pendulum.json", "td3_pendulum", kNone, 30},
    extra("pendulum/crossq", "CrossQ", kCrossQClassic, "crossq_pendulum", 120, 5),
    {"lunar/ppo", "PPO", "slm_lab/spec/benchmark/ppo/ppo_lunar.json", "ppo_lunar", 229.9, 20},
    {"lunar/dqn", "DQN", "slm_lab/spec/benchmark/dqn/dqn_lunar.json", "dqn_concat_lunar", 203.9, 60},
    {"lunar/ddqn_per", "DDQN+PER", "slm_lab/spec/benchmark/dqn/ddqn_per_lunar.json", "ddqn_per_concat_lunar", 230.0,
     70},
    {"lunar/a2c", "A2C", "slm_lab/spec/benchmark/a2c/a2c_gae_lunar.json", "a2c_gae_lunar", 304, 10},
    {"lunar/sac", "SAC", "slm_lab/spec/benchmark/sac/sac_lunar.json", "sac_lunar", kNone, 300},
    extra("lunar/crossq", "CrossQ", kCrossQBox2d, "crossq_lunar", 900, 5),
    {"lunar_continuous/ppo", "PPO", "slm_lab/spec/benchmark/ppo/ppo_lunar.json", "ppo_lunar_continuous", 249.2, 20},
    {"lunar_continuous/sac", "SAC", "slm_lab/spec/benchmark/sac/sac_lunar.json", "sac_lunar_continuous", 238.0, 600},
    {"lunar_continuous/a2c", "A2C", "slm_lab/spec/benchmark/a2c/a2c_gae_lunar.json", "a2c_gae_lunar_continuous", kNone,
     10},
    extra("lunar_continuous/crossq", "CrossQ", kCrossQBox2d, "crossq_lunar_continuous", 450, 5),
    {"bipedalwalker/ppo", "PPO", "slm_lab/spec/benchmark/ppo/ppo_bipedalwalker.json", "ppo_bipedalwalker", 215, 300},
    {"bipedalwalker/sac", "SAC", "slm_lab/spec/benchmark/sac/sac_bipedalwalker.json", "sac_bipedalwalker", -106, 3000},
    {"bipedalwalker/a2c", "A2C", "slm_lab/spec/benchmark/a2c/a2c_gae_bipedalwalker.json", "a2c_gae_bipedalwalker",
     kNone, 300},
    {"hopper/ppo", "PPO", "slm_lab/spec/benchmark/ppo/ppo_hopper.json", "ppo_hopper", 3073, 400},
    {"hopper/sac", "SAC", kSacMujoco, "sac_hopper", 512, 6000, kFew},
    {"hopper/a2c", "A2C", kA2cMujoco, "a2c_gae_mujoco", 417, 200, 5, /*is_template=*/true},
    extra("hopper/crossq", "CrossQ", kCrossQMujoco, "crossq_hopper", 6000, kFew),
    {"halfcheetah/ppo", "PPO", "slm_lab/spec/benchmark/ppo/ppo_halfcheetah.json", "ppo_halfcheetah", 2189, 400},
    {"halfcheetah/sac", "SAC", "slm_lab/spec/benchmark/sac/sac_halfcheetah.json", "sac_halfcheetah", kNone, 6000, kFew},
    {"halfcheetah/a2c", "A2C", "slm_lab/spec/benchmark/a2c/a2c_gae_halfcheetah.json", "a2c_gae_halfcheetah", kNone,
     200},
    extra("halfcheetah/crossq", "CrossQ", kCrossQMujoco, "crossq_halfcheetah", 6000, kFew),
    {"walker2d/ppo", "PPO", kPpoMujoco, "ppo_mujoco", 1583, 400, 5, /*is_template=*/true},
    {"walker2d/sac", "SAC", kSacMujoco, "sac_walker2d", 229, 6000, kFew},
    {"walker2d/a2c", "A2C", kA2cMujoco, "a2c_gae_mujoco", kNone, 200, 5, /*is_template=*/true},
    extra("walker2d/crossq", "CrossQ", kCrossQMujoco, "crossq_walker2d", 6000, kFew),
    {"ant/ppo", "PPO", "slm_lab/spec/benchmark/ppo/ppo_ant.json", "ppo_ant", 36, 1200, 4},
    {"ant/sac", "SAC", kSacMujoco, "sac_ant", kNone, 18000, kFew},
    {"ant/a2c", "A2C", kA2cMujoco, "a2c_gae_mujoco", kNone, 600, 5, /*is_template=*/true},
    extra("ant/crossq", "CrossQ", kCrossQMujoco, "crossq_ant", 6000, kFew),
    {"swimmer/ppo", "PPO", "slm_lab/spec/benchmark/ppo/ppo_swimmer.json", "ppo_swimmer", 123, 400},
    {"swimmer/sac", "SAC", kSacMujoco, "sac_swimmer", 26, 6000, kFew},
    {"swimmer/a2c", "A2C", kA2cMujoco, "a2c_gae_mujoco", kNone, 200, 5, /*is_template=*/true},
    extra("swimmer/crossq", "CrossQ", kCrossQMujoco, "crossq_swimmer", 2400, kFew),
    {"reacher/ppo", "PPO", "slm_lab/spec/benchmark/ppo/ppo_reacher.json", "ppo_reacher", -0.3, 400},
    {"reacher/sac", "SAC", kSacMujoco, "sac_reacher", kNone, 800, kFew},
    {"reacher/a2c", "A2C", kA2cMujoco, "a2c_gae_mujoco", kNone, 200, 5, /*is_template=*/true},
    extra("reacher/crossq", "CrossQ", kCrossQMujoco, "crossq_reacher", 2400, kFew),
    {"inverted_pendulum/ppo", "PPO", "slm_lab/spec/benchmark/ppo/ppo_inverted_pendulum.json", "ppo_inverted_pendulum",
     19, 120},
    {"inverted_pendulum/sac", "SAC", kSacMujoco, "sac_inverted_pendulum", kNone, 800, kFew},
    {"inverted_pendulum/a2c", "A2C", kA2cMujoco, "a2c_gae_mujoco", kNone, 60, 5, /*is_template=*/true},
    extra("inverted_pendulum/crossq", "CrossQ", kCrossQMujoco, "crossq_inverted_pendulum", 6000, kFew),
    {"inverted_double_pendulum/ppo", "PPO", "slm_lab/spec/benchmark/ppo/ppo_inverted_double_pendulum.json",
     "ppo_inverted_double_pendulum", 45.5, 400},
    {"inverted_double_pendulum/sac", "SAC", kSacMujoco, "sac_inverted_double_pendulum", kNone, 800, kFew},
    {"inverted_double_pendulum/a2c", "A2C", kA2cMujoco, "a2c_gae_mujoco", kNone, 200, 5, /*is_template=*/true},
    extra("inverted_double_pendulum/crossq", "CrossQ", kCrossQMujoco, "crossq_inverted_double_pendulum", 6000, kFew),
    {"humanoid/ppo", "PPO", "slm_lab/spec/benchmark/ppo/ppo_humanoid.json", "ppo_humanoid", kNone, 24000, kFew},
    {"humanoid/sac", "SAC", "slm_lab/spec/benchmark/sac/sac_humanoid.json", "sac_humanoid", kNone, 30000, kFew},
    {"humanoid/a2c", "A2C", kA2cMujoco, "a2c_gae_mujoco", kNone, 12000, kFew, /*is_template=*/true},
    extra("humanoid/crossq", "CrossQ", kCrossQMujoco, "crossq_humanoid", 9000, kFew),
    {"humanoid_standup/ppo", "PPO", kPpoMujoco, "ppo_mujoco", kNone, 1200, 5, /*is_template=*/true},
    {"humanoid_standup/sac", "SAC", kSacMujoco, "sac_mujoco", kNone, 18000, kFew, /*is_template=*/true},
    extra("humanoid_standup/crossq", "CrossQ", kCrossQMujoco, "crossq_humanoid_standup", 30000, kFew),
    {"pusher/ppo", "PPO", kPpoMujoco, "ppo_mujoco", kNone, 400, 5, /*is_template=*/true},
    {"pusher/sac", "SAC", kSacMujoco, "sac_mujoco", kNone, 6000, kFew, /*is_template=*/true},
    extra("pusher/crossq", "CrossQ", kCrossQMujoco, "crossq_pusher", 2400, kFew),
    {"pong/ppo", "PPO", "slm_lab/spec/benchmark/ppo/ppo_pong.json", "ppo_pong", kNone, 30000, kFew},
    {"pong/dqn", "DQN", "slm_lab/spec/benchmark/dqn/dqn_pong.json", "dqn_pong", kNone, 30000, kFew},
    {"pong/ppo_sil", "PPOSIL", "slm_lab/spec/benchmark/sil/ppo_sil_pong.json", "ppo_sil_pong", kNone, 36000, kFew},
    extra("pong/rainbow", "Rainbow", "slm_lab/spec/benchmark/dqn/rainbow_pong.json", "rainbow_pong", 40000, kFew),
    {"qbert/ppo", "PPO", "slm_lab/spec/benchmark/ppo/ppo_qbert.json", "ppo_qbert", kNone, 30000, kFew},
    {"qbert/dqn", "DQN", "slm_lab/spec/benchmark/dqn/dqn_qbert.json", "dqn_qbert", kNone, 30000, kFew},
    {"qbert/ppo_sil", "PPOSIL", "slm_lab/spec/benchmark/sil/ppo_sil_qbert.json", "ppo_sil_qbert", kNone, 36000, kFew},
    extra("qbert/rainbow", "Rainbow", "slm_lab/spec/benchmark/dqn/rainbow_qbert.json", "rainbow_qbert", 100000, kFew),
    {"breakout/ppo", "PPO", kPpoAtari, "ppo_atari", kNone, 30000, kFew, /*is_template=*/true},
    {"breakout/dqn", "DQN", kDqnAtari, "dqn_atari", kNone, 75000, kFew, /*is_template=*/true},
    {"breakout/rainbow", "Rainbow", kRainbowAtari, "rainbow_atari", kNone, 100000, kFew, /*is_template=*/true,
     /*is_extra=*/true},
});

bool means(const std::string& pattern, const BenchmarkRow& row) {
  return pattern == "all" || pattern == row.group() || pattern == benchmark_phase(row) ||
         fnmatch(pattern.c_str(), std::string(row.id).c_str(), 0) == 0;
}

[[noreturn]] void refuse(const std::string& pattern) {
  std::vector<std::string> names;
  for (const BenchmarkRow& row : kRows) names.emplace_back(row.id);
  for (const BenchmarkEnv& env : kEnvs) names.insert(names.end(), {std::string(env.group), std::string(env.phase)});
  const auto near = near_name(pattern, names);
  throw SpecError(fmt::format("{}: no row of the benchmark{}; `slm-lab benchmark --list` lists them", pattern,
                              near ? fmt::format("; did you mean {}?", *near) : ""));
}

}  // namespace

std::span<const BenchmarkEnv> benchmark_envs() { return kEnvs; }
std::span<const BenchmarkRow> benchmark_rows() { return kRows; }

const BenchmarkEnv& benchmark_env(const BenchmarkRow& row) {
  const auto* const found =
      std::find_if(kEnvs.begin(), kEnvs.end(), [&](const BenchmarkEnv& env) { return env.group == row.group(); });
  ensure(found != kEnvs.end(), "benchmark row without an environment");
  return *found;
}

std::string_view benchmark_phase(const BenchmarkRow& row) {
  return row.is_extra ? std::string_view("extra") : benchmark_env(row).phase;
}

const BenchmarkEnv* find_benchmark_env(std::string_view name) {
  const auto* const found =
      std::find_if(kEnvs.begin(), kEnvs.end(), [&](const BenchmarkEnv& env) { return env.name == name; });
  return found == kEnvs.end() ? nullptr : found;
}

std::vector<const BenchmarkRow*> select_benchmark_rows(std::span<const std::string> patterns) {
  for (const std::string& pattern : patterns)
    if (std::none_of(kRows.begin(), kRows.end(), [&](const BenchmarkRow& row) { return means(pattern, row); }))
      refuse(pattern);
  std::vector<const BenchmarkRow*> rows;
  for (const BenchmarkRow& row : kRows)
    if (std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) { return means(pattern, row); }))
      rows.push_back(&row);
  return rows;
}

}  // namespace slm
