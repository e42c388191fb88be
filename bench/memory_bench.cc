// Replays by their number of transitions: drawing a batch, priorities, and what a checkpoint costs.
#include <benchmark/benchmark.h>

#include "slm_lab/base/archive.h"
#include "slm_lab/memory/replay.h"
#include "slm_lab/store/checkpoint.h"
#include "tests/support/scratch_folder.h"

namespace slm {
namespace {

constexpr int kObs = 17, kActions = 6;  // HalfCheetah
constexpr std::int64_t kFew = 10'000, kMany = 1'000'000;

EnvInfo half_cheetah() {
  return {.name = "Noise",
          .obs_space = Space::box(std::vector<float>(kObs, -1), std::vector<float>(kObs, 1)),
          .action_space = Space::box(std::vector<float>(kActions, -1), std::vector<float>(kActions, 1)),
          .num_envs = 1,
          .max_episode_steps = 1000};
}

/// A replay of noise.
class FullReplay {
 public:
  FullReplay(const char* name, std::int64_t size) : replay_(config(name, size), half_cheetah()) {
    step_.resize(1, kObs);
    step_.terminated.setConstant(false);
    add(size);
  }
  void add(std::int64_t num_transitions) {
    for (std::int64_t i = 0; i < num_transitions; ++i) {
      obs_.setConstant(1, kObs, static_cast<float>(rng_.uniform(-1, 1)));
      actions_.setConstant(1, kActions, obs_(0, 0));
      step_.next_obs = obs_;
      step_.rewards.setConstant(obs_(0, 0));
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
  Matrix obs_, actions_;
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

}  // namespace
}  // namespace slm
