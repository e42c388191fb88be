// Environment steps per second, by environment and number of rows, with actions drawn beforehand.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "bench/played_env.h"

namespace slm {
namespace {

void step_env(benchmark::State& state, const EnvConfig& config) {
  const int num_envs = static_cast<int>(state.range(0));
  if (!find_env(config.name)->available()) {
    state.SkipWithError(std::string(find_env(config.name)->why).c_str());
    return;
  }
  EnvStatistics statistics;
  const auto env = make_env(config, num_envs, 0.99, Streams(0, 0, 0), statistics, EnvUse::train);
  const std::vector<Matrix> actions = random_actions(env->info().action_space, num_envs);
  StepResult step;
  env->reset(step.obs);
  std::size_t t = 0;
  for (auto _ : state) {
    env->step(actions[t++ % actions.size()], step);
    benchmark::DoNotOptimize(step.obs.row_data(0));
  }
  state.SetItemsProcessed(state.iterations() * num_envs);
}

void BM_EnvStep(benchmark::State& state, const std::string& name) { step_env(state, default_env(name)); }

void BM_EnvStepNormalized(benchmark::State& state, const std::string& name) {
  EnvConfig config = default_env(name);
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
