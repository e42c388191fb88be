// What it costs that a session always knows where its time goes (base/profile.h): two sessions of one seed do the same
// work in turns, one with its profile on.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <vector>

#include "bench/timing.h"
#include "slm_lab/base/build_info.h"
#include "slm_lab/experiment/session.h"

namespace slm {
namespace {

LabSpec read_shipped(const char* file, const char* name) {
  LoadOptions options;
  options.repository = source_dir();
  options.overrides = {"env.max_frame=100000000", "meta.log_frequency=1000000"};
  const LoadedSpec loaded = load_spec(file, name, options);
  SpecReport report(loaded.file);
  return read_lab_spec(loaded, report);
}

/// Until the session has done `frames` more.
double seconds_of(Session& session, std::int64_t frames) {
  const double start = thread_seconds();
  for (const std::int64_t end = session.frame() + frames; session.frame() < end;) session.step();
  return thread_seconds() - start;
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// `frames`: of a turn, some milliseconds.
void profiled_session(benchmark::State& state, const char* file, const char* name, std::int64_t frames, int turns) {
  const LabSpec spec = read_shipped(file, name);
  Session plain(spec, 0, 0), profiled(spec, 0, 0);
  const auto profiled_seconds = [&] {
    const ProfiledThread thread(profiled.profile());
    return seconds_of(profiled, frames);
  };
  seconds_of(plain, 2 * frames);
  profiled_seconds();
  profiled_seconds();
  std::vector<double> without, with, excess;
  for (auto _ : state) {
    for (int turn = 0; turn < turns; ++turn) {
      if (turn % 2 == 0) without.push_back(seconds_of(plain, frames));
      with.push_back(profiled_seconds());
      if (turn % 2 == 1) without.push_back(seconds_of(plain, frames));
      excess.push_back(100 * (with.back() / without.back() - 1));
    }
    state.SetIterationTime(median(with));
  }
  const auto rate = static_cast<double>(frames);
  state.counters["frames/s"] = rate / median(without);
  state.counters["frames/s_profiled"] = rate / median(with);
  state.counters["excess%"] = median(excess);
}

void one_row(const char* label, const char* file, const char* name, std::int64_t frames, int turns) {
  benchmark::RegisterBenchmark(label, profiled_session, file, name, frames, turns)
      ->UseManualTime()
      ->Iterations(1)
      ->Unit(benchmark::kMillisecond);
}

/// What a phase costs beside a bare loop.
void BM_Profile_Phase(benchmark::State& state) {
  Profile profile;
  const ProfiledThread thread(profile);
  for (auto _ : state) {
    const PhaseTimer timer(Phase::loss);
    benchmark::ClobberMemory();
  }
}
BENCHMARK(BM_Profile_Phase);

[[maybe_unused]] const bool kProfileRows = [] {
  one_row("Profile/a2c_gae_cartpole", "benchmark/a2c/a2c_gae_cartpole.json", "a2c_gae_cartpole", 6400, 400);
  one_row("Profile/ppo_cartpole", "benchmark/ppo/ppo_cartpole.json", "ppo_cartpole", 2048, 300);
  one_row("Profile/dqn_cartpole", "benchmark/dqn/dqn_cartpole.json", "dqn_boltzmann_cartpole", 500, 300);
  one_row("Profile/sac_pendulum", "benchmark/sac/sac_pendulum.json", "sac_pendulum", 100, 300);
  return true;
}();

}  // namespace
}  // namespace slm
