#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <limits>

namespace slm {

/// CPU time of this thread, so that other work on the machine counts little.
inline double thread_seconds() {
  timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

/// Of several threads only this counts. It needs cores that nobody else uses, and a kernel needs some time to spread
/// threads over them.
inline double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

struct Timing {
  double (*clock)() = thread_seconds;
  int batches = 60;
};

/// Runs once, whatever google-benchmark would like, and reports one call of `work`: the best of many batches of at
/// least 0.4 ms.
template <class Work>
void report_best(benchmark::State& state, double operations, const Work& work, const Timing& timing = {}) {
  work();
  long calls = 1;
  const auto batch = [&] {
    const double start = timing.clock();
    for (long i = 0; i < calls; ++i) work();
    return timing.clock() - start;
  };
  while (batch() < 4e-4) calls *= 2;
  double best = std::numeric_limits<double>::infinity();
  for (auto _ : state) {
    for (int i = 0; i < timing.batches; ++i) best = std::min(best, batch());
    state.SetIterationTime(best / static_cast<double>(calls));
  }
  state.counters["GF/s"] = operations * static_cast<double>(calls) / best * 1e-9;
}

}  // namespace slm
