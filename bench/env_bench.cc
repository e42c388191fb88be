// Environment steps per second, by environment and number of rows, with actions drawn beforehand.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "slm_lab/env/registry.h"
#include "slm_lab/spec/json.h"
#include "slm_lab/spec/reader.h"
#include "slm_lab/spec/report.h"

namespace slm {
namespace {

EnvConfig config_of(std::string_view name) {
  const JsonNode node = parse_json("{\"name\": \"" + std::string(name) + "\", \"max_frame\": 1}", "bench");
  SpecReport report("bench");
  SpecReader reader(&node, "env", report);
  return read_env_config(reader);
}

void step_env(benchmark::State& state, const EnvConfig& config) {
  const int num_envs = static_cast<int>(state.range(0));
  if (!find_env(config.name)->available()) {
    state.SkipWithError(std::string(find_env(config.name)->why).c_str());
    return;
  }
  EnvStatistics statistics;
  const auto env = make_env(config, num_envs, 0.99, Streams(0, 0, 0), statistics, EnvUse::train);
  const Space& space = env->info().action_space;
  Rng rng(std::uint64_t{0});
  std::vector<Matrix> actions(64, Matrix(num_envs, space.size()));
  for (Matrix& batch : actions)
    for (float& value : batch.reshaped())
      value = space.is_discrete() ? static_cast<float>(rng.integers(0, space.n))
                                  : static_cast<float>(rng.uniform(space.low[0], space.high[0]));
  StepResult step;
  env->reset(step.obs);
  std::size_t t = 0;
  for (auto _ : state) {
    env->step(actions[t++ % actions.size()], step);
    benchmark::DoNotOptimize(step.obs.row_data(0));
  }
  state.SetItemsProcessed(state.iterations() * num_envs);
}

void BM_EnvStep(benchmark::State& state, const std::string& name) { step_env(state, config_of(name)); }

void BM_EnvStepNormalized(benchmark::State& state, const std::string& name) {
  EnvConfig config = config_of(name);
  config.normalize_obs = config.normalize_reward = true;
  step_env(state, config);
}

BENCHMARK_CAPTURE(BM_EnvStep, CartPole, "CartPole-v1")->ArgName("num_envs")->Arg(1)->Arg(16)->Arg(64);
BENCHMARK_CAPTURE(BM_EnvStep, Acrobot, "Acrobot-v1")->ArgName("num_envs")->Arg(1)->Arg(16)->Arg(64);
BENCHMARK_CAPTURE(BM_EnvStep, MountainCar, "MountainCar-v0")->ArgName("num_envs")->Arg(1)->Arg(16)->Arg(64);
BENCHMARK_CAPTURE(BM_EnvStep, MountainCarContinuous, "MountainCarContinuous-v0")
    ->ArgName("num_envs")
    ->Arg(1)
    ->Arg(16)
    ->Arg(64);
BENCHMARK_CAPTURE(BM_EnvStep, Pendulum, "Pendulum-v1")->ArgName("num_envs")->Arg(1)->Arg(16)->Arg(64);
BENCHMARK_CAPTURE(BM_EnvStep, LunarLander, "LunarLander-v3")->ArgName("num_envs")->Arg(16);
BENCHMARK_CAPTURE(BM_EnvStep, LunarLanderContinuous, "LunarLanderContinuous-v3")->ArgName("num_envs")->Arg(16);
BENCHMARK_CAPTURE(BM_EnvStep, BipedalWalker, "BipedalWalker-v3")->ArgName("num_envs")->Arg(16);
BENCHMARK_CAPTURE(BM_EnvStepNormalized, Pendulum, "Pendulum-v1")->ArgName("num_envs")->Arg(1)->Arg(16)->Arg(64);

}  // namespace
}  // namespace slm
