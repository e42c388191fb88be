// Replays by their number of transitions: drawing a batch, priorities, and what a checkpoint costs.
#include <benchmark/benchmark.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <fstream>

#include "slm_lab/base/archive.h"
#include "slm_lab/experiment/checkpoint_timer.h"
#include "slm_lab/memory/replay.h"
#include "slm_lab/store/checkpoint.h"
#include "tests/support/scratch_folder.h"

namespace slm {
namespace {

constexpr int kActions = 6;
constexpr std::int64_t kFew = 10'000, kMany = 1'000'000;

EnvInfo noise(Space obs_space) {
  return {.name = "Noise",
          .obs_space = std::move(obs_space),
          .action_space = Space::box(std::vector<float>(kActions, -1), std::vector<float>(kActions, 1)),
          .num_envs = 1,
          .max_episode_steps = 1000};
}

Space half_cheetah() { return Space::box(std::vector<float>(17, 0), std::vector<float>(17, 255)); }

/// 1 KiB of pixels: a million of them are 1,000 MB.
Space small_image() { return Space::bytes({32, 32}); }

/// A replay of noise.
class FullReplay {
 public:
  FullReplay(const char* name, std::int64_t size, const Space& obs_space = half_cheetah())
      : replay_(config(name, size), noise(obs_space)) {
    obs_.resize(1, obs_space);
    step_.resize(1, obs_space);
    step_.terminated.setConstant(false);
    add(size);
  }
  void add(std::int64_t num_transitions) {
    for (std::int64_t i = 0; i < num_transitions; ++i) {
      const auto value = static_cast<std::uint8_t>(rng_.integers(0, 256));
      if (obs_.are_bytes())
        obs_.bytes().setConstant(value);
      else
        obs_.floats().setConstant(value);
      actions_.setConstant(1, kActions, value);
      step_.next_obs = obs_;
      step_.rewards.setConstant(value);
      step_.truncated.setConstant(i % 1000 == 999);
      step_.end_episodes();
      replay_.add(obs_, actions_, step_);
    }
  }
  void sample() { replay_.sample(rng_, 0.99f, 1, 0.5, batch_); }
  void update_priorities() { replay_.update_priorities(batch_.draw, batch_.rewards); }
  void save(CheckpointStore& store) {
    store.save([&](Archive& archive) { replay_.serialize(archive); });
  }

 private:
  static ReplayConfig config(const char* name, std::int64_t size) {
    ReplayConfig c;
    c.name = name;
    c.batch_size = 256;
    c.max_size = size;
    return c;
  }

  Rng rng_{1};
  Replay replay_;
  Observations obs_;
  Matrix actions_;
  StepResult step_;
  Batch batch_;
};

void BM_ReplaySample(benchmark::State& state, const char* name) {
  FullReplay replay(name, state.range(0));
  for (auto _ : state) replay.sample();
  state.SetItemsProcessed(state.iterations() * 256);
}
BENCHMARK_CAPTURE(BM_ReplaySample, uniform, "Replay")->Arg(kFew)->Arg(kMany);
BENCHMARK_CAPTURE(BM_ReplaySample, prioritized, "PrioritizedReplay")->Arg(kFew)->Arg(kMany);

void BM_ReplayUpdatePriorities(benchmark::State& state) {
  FullReplay replay("PrioritizedReplay", state.range(0));
  replay.sample();
  for (auto _ : state) replay.update_priorities();
  state.SetItemsProcessed(state.iterations() * 256);
}
BENCHMARK(BM_ReplayUpdatePriorities)->Arg(kFew)->Arg(kMany);

/// 256 items at random places, set or found.
struct RandomTree {
  explicit RandomTree(std::int64_t size) : tree(size), items(256), weights(256), points(256) {
    Rng rng(1);
    for (std::int64_t i = 0; i < size; ++i) tree.set(i, rng.random());
    for (std::int64_t& item : items) item = rng.integers(0, size);
    for (double& weight : weights) weight = rng.random();
  }
  SumTree tree;
  std::vector<std::int64_t> items;
  std::vector<double> weights, points;
};

void BM_SumTreeSet(benchmark::State& state) {
  RandomTree random(state.range(0));
  for (auto _ : state) random.tree.set(random.items, random.weights);
  state.SetItemsProcessed(state.iterations() * 256);
}
BENCHMARK(BM_SumTreeSet)->Arg(kFew)->Arg(kMany);

void BM_SumTreeFind(benchmark::State& state) {
  RandomTree random(state.range(0));
  Rng rng(2);
  for (auto _ : state) {
    for (double& point : random.points) point = rng.random() * random.tree.total();
    random.tree.find(random.points, random.items);
  }
  state.SetItemsProcessed(state.iterations() * 256);
}
BENCHMARK(BM_SumTreeFind)->Arg(kFew)->Arg(kMany);

/// A checkpoint of a full replay after `changed` further transitions, all of its files synced.
void BM_ReplayCheckpoint(benchmark::State& state, const char* name) {
  const ScratchFolder folder;
  CheckpointStore store(folder / "checkpoints");
  FullReplay replay(name, kMany);
  if (state.range(0) < kMany) replay.save(store);
  for (auto _ : state) {
    state.PauseTiming();
    replay.add(state.range(0));
    state.ResumeTiming();
    replay.save(store);
  }
}
void each_change(benchmark::internal::Benchmark* checkpoint) {
  checkpoint->ArgName("changed")->Arg(kFew)->Arg(kMany)->Iterations(5)->UseRealTime()->Unit(benchmark::kMillisecond);
}
BENCHMARK_CAPTURE(BM_ReplayCheckpoint, uniform, "Replay")->Apply(each_change);
BENCHMARK_CAPTURE(BM_ReplayCheckpoint, prioritized, "PrioritizedReplay")->Apply(each_change);

/// A full replay of 16 games of noise; `num_frames` 1: whole stacks, as if nobody knew that they are stacks.
class AtariReplay {
 public:
  static constexpr int kEnvs = 16, kStack = 4, kFrame = 84 * 84;
  static EnvInfo info(int num_frames) {
    return {.name = "Noise",
            .obs_space = Space::bytes({kStack, 84, 84}),
            .action_space = Space::discrete(kActions),
            .num_envs = kEnvs,
            .num_frames = num_frames};
  }

  AtariReplay(std::int64_t size, int num_frames) : replay_(config(size), info(num_frames)) {
    step_.resize(kEnvs, info(kStack).obs_space);
    step_.obs.bytes().setZero();
    step_.terminated.setConstant(false);
    step_.truncated.setConstant(false);
    step_.end_episodes();
    step_.rewards.setOnes();
    add(size);
  }
  void add(std::int64_t num_transitions) {
    for (std::int64_t i = 0; i < num_transitions; i += kEnvs) {
      step_.next_obs.bytes().leftCols((kStack - 1) * kFrame) = step_.obs.bytes().rightCols((kStack - 1) * kFrame);
      step_.next_obs.bytes().rightCols(kFrame).setConstant(static_cast<std::uint8_t>(rng_.integers(0, 256)));
      replay_.add(step_.obs, actions_, step_);
      step_.obs.swap(step_.next_obs);
    }
  }
  void sample() { replay_.sample(rng_, 0.99f, 1, 0.5, batch_); }
  void save(CheckpointStore& store) {
    store.save([&](Archive& archive) { replay_.serialize(archive); });
  }

 private:
  static ReplayConfig config(std::int64_t size) {
    ReplayConfig c;
    c.max_size = size;
    return c;
  }

  Rng rng_{1};
  Replay replay_;
  Matrix actions_ = Matrix::Zero(kEnvs, 1);
  StepResult step_;
  Batch batch_;
};

double resident_bytes() {
  std::int64_t total = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return static_cast<double>(resident * sysconf(_SC_PAGE_SIZE));
}

/// Minibatches of 32 stacks; and the memory that a transition takes.
void BM_AtariReplaySample(benchmark::State& state) {
  constexpr std::int64_t kSize = 50'000;
  const double before = resident_bytes();
  AtariReplay replay(kSize, static_cast<int>(state.range(0)));
  state.counters["bytes_each"] = (resident_bytes() - before) / kSize;
  for (auto _ : state) replay.sample();
  state.SetItemsProcessed(state.iterations() * 32);
}
BENCHMARK(BM_AtariReplaySample)->ArgName("num_frames")->Arg(1)->Arg(AtariReplay::kStack);

void BM_AtariReplayAdd(benchmark::State& state) {
  AtariReplay replay(10'000, static_cast<int>(state.range(0)));
  for (auto _ : state) replay.add(AtariReplay::kEnvs);
  state.SetItemsProcessed(state.iterations() * AtariReplay::kEnvs);
}
BENCHMARK(BM_AtariReplayAdd)->ArgName("num_frames")->Arg(1)->Arg(AtariReplay::kStack);

double written_bytes() {
  std::ifstream io("/proc/self/io");
  std::string name;
  double bytes = 0;
  while (io >> name >> bytes && name != "wchar:") {
  }
  return bytes;
}

/// As many transitions as there are in 1,000 MB of frames, of which 1 % has changed.
void BM_AtariReplayCheckpoint(benchmark::State& state) {
  constexpr std::int64_t kSize = 1'000'000'000 / AtariReplay::kFrame;
  const ScratchFolder folder;
  CheckpointStore store(folder / "checkpoints");
  AtariReplay replay(kSize, AtariReplay::kStack);
  replay.save(store);
  const double before = written_bytes();
  for (auto _ : state) {
    state.PauseTiming();
    replay.add(kSize / 100);
    state.ResumeTiming();
    replay.save(store);
  }
  state.counters["MB_written"] =
      benchmark::Counter((written_bytes() - before) / 1e6, benchmark::Counter::kAvgIterations);
}
BENCHMARK(BM_AtariReplayCheckpoint)->Iterations(5)->UseRealTime()->Unit(benchmark::kMillisecond);

double peak_mib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

/// 1,000 MB of replay of which 1 % has changed: time, and memory beyond that of the replay. To be run alone, in a
/// process whose peak nothing else has raised.
void BM_ImageReplayCheckpoint(benchmark::State& state) {
  const ScratchFolder folder;
  CheckpointStore store(folder / "checkpoints");
  FullReplay replay("PrioritizedReplay", kMany, small_image());
  replay.add(kMany / 100);
  replay.sample();
  replay.update_priorities();
  const double before = peak_mib();
  replay.save(store);
  state.counters["extra_MiB_first"] = peak_mib() - before;
  for (auto _ : state) {
    state.PauseTiming();
    replay.add(kMany / 100);
    state.ResumeTiming();
    replay.save(store);
  }
  state.counters["extra_MiB"] = peak_mib() - before;
}
BENCHMARK(BM_ImageReplayCheckpoint)->Iterations(10)->UseRealTime()->Unit(benchmark::kMillisecond);

/// The replay's part of training DDQN with priorities, 4 transitions an update, with and without checkpoints as a
/// session has them: without a net's work more rows change between two saves, and each costs more, than in any
/// training.
void BM_ImageReplayTraining(benchmark::State& state) {
  const ScratchFolder folder;
  CheckpointStore store(folder / "checkpoints");
  CheckpointTimer timer(state.range(0) > 0 ? static_cast<double>(state.range(0)) : 1e9);
  FullReplay replay("PrioritizedReplay", kMany, small_image());
  replay.save(store);
  using Clock = std::chrono::steady_clock;
  Clock::duration saving{};
  int saves = 0;
  const Clock::time_point start = Clock::now();
  for (auto _ : state) {
    for (int update = 0; update < 100; ++update) {
      replay.add(4);
      replay.sample();
      replay.update_priorities();
    }
    if (!timer.due()) continue;
    const Clock::time_point begin = Clock::now();
    timer.begin_save();
    replay.save(store);
    timer.end_save();
    saving += Clock::now() - begin;
    ++saves;
  }
  state.counters["saves"] = saves;
  state.counters["share_of_saves"] =
      std::chrono::duration<double>(saving) / std::chrono::duration<double>(Clock::now() - start);
  state.SetItemsProcessed(state.iterations() * 100);
}
BENCHMARK(BM_ImageReplayTraining)->ArgName("seconds")->Arg(0)->Arg(5)->Iterations(1000)->UseRealTime();

}  // namespace
}  // namespace slm
