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

constexpr std::array kEnvs = {
    BenchmarkEnv{"cartpole", "CartPole-v1", "phase1", "Box(4)", "Discrete(2)", 4, 200'000, 500, 400},
    BenchmarkEnv{"acrobot", "Acrobot-v1", "phase1", "Box(6)", "Discrete(3)", 4, 300'000, 500, -100},
    BenchmarkEnv{"pendulum", "Pendulum-v1", "extra", "Box(3)", "Box(1)", 0, 0, 0, -200, /*by_d100=*/true},
};

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
    {"acrobot/ppo", "PPO", "slm_lab/spec/benchmark/ppo/ppo_acrobot.json", "ppo_acrobot", -80.8, 6},
    {"acrobot/dqn_boltzmann", "DQN (Boltzmann)", "slm_lab/spec/benchmark/dqn/dqn_acrobot.json", "dqn_boltzmann_acrobot",
     -96.2, 60},
    {"acrobot/ddqn_per", "DDQN+PER", "slm_lab/spec/benchmark/dqn/ddqn_per_acrobot.json", "ddqn_per_acrobot", -83.0, 60},
    {"acrobot/a2c", "A2C", "slm_lab/spec/benchmark/a2c/a2c_gae_acrobot.json", "a2c_gae_acrobot", -84.2, 4},
    {"acrobot/sac", "SAC", "slm_lab/spec/benchmark/sac/sac_acrobot.json", "sac_acrobot", -92, 60},
    {"acrobot/dqn_epsilon_greedy", "DQN (eps-greedy)", "slm_lab/spec/benchmark/dqn/dqn_acrobot.json",
     "dqn_epsilon_greedy_acrobot", -79.5, 60},
    {"acrobot/ppo_sil", "PPOSIL", "slm_lab/spec/benchmark/sil/ppo_sil_acrobot.json", "ppo_sil_acrobot", -83.1, 15},
    {"pendulum/ppo", "PPO", "slm_lab/spec/benchmark/ppo/ppo_pendulum.json", "ppo_pendulum", kNone, 8},
    {"pendulum/sac", "SAC", "slm_lab/spec/benchmark/sac/sac_pendulum.json", "sac_pendulum", kNone, 30},
    {"pendulum/td3", "TD3", "slm_lab/spec/benchmark/td3/td3_pendulum.json", "td3_pendulum", kNone, 30},
});

bool means(const std::string& pattern, const BenchmarkRow& row) {
  return pattern == "all" || pattern == row.group() || pattern == benchmark_env(row).phase ||
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
