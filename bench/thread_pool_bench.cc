// A round of a pool, by what a task costs (the environments of one thread) and what the caller does between two rounds.
#include <benchmark/benchmark.h>

#include <chrono>

#include "slm_lab/base/thread_pool.h"

namespace slm {
namespace {

void work_for(std::chrono::microseconds time) {
  const auto until = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < until) {
  }
}

void BM_ThreadPoolRound(benchmark::State& state) {
  const std::chrono::microseconds task(state.range(0)), between(state.range(1));
  ThreadPool pool(2);
  for (auto _ : state) {
    work_for(between);
    pool.run(2, [&](int) { work_for(task); });
  }
}
BENCHMARK(BM_ThreadPoolRound)
    ->ArgNames({"task_us", "between_us"})
    ->ArgsProduct({{0, 10, 50, 200}, {0, 20}})
    ->UseRealTime();

}  // namespace
}  // namespace slm
