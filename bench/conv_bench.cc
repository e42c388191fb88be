// Whole updates and acting of the net of Mnih et al. (2015) on 84 x 84 images of four frames, beside what the core can
// do at most. Each figure is the best of many short batches in thread CPU time, since machines are shared.

#include <benchmark/benchmark.h>

#include "bench/timing.h"
#include "slm_lab/base/float_mode.h"
#include "slm_lab/net/kernel.h"
#include "slm_lab/net/registry.h"
#include "slm_lab/net/trainer.h"

namespace slm {
namespace {

constexpr int kActions = 6;

constexpr const char* kPrecisions[] = {"float32", "bf16"};

Trainer nature_net(benchmark::State& state) {
  NetConfig config;
  config.precision = kPrecisions[state.range(1)];
  config.type = ConvConfig{{{32, 8, 4, 0, 1}, {64, 4, 2, 0, 1}, {64, 3, 1, 0, 1}}, {512}, /*normalize=*/true};
  config.clip_grad_val = 0.5;
  config.optim_spec.lr = 3e-4;
  Rng rng(0);
  return Trainer(make_net(config, Space::bytes({4, 84, 84}), {{kActions}, {1}}, rng), config);
}

/// Of one image, forward: a multiplication and an addition for each weight and output pixel.
constexpr double kFirst = 2.0 * 20 * 20 * 32 * (8 * 8 * 4);
constexpr double kForward = kFirst + 2.0 * 9 * 9 * 64 * (4 * 4 * 32) + 2.0 * 7 * 7 * 64 * (3 * 3 * 64) +
                            2.0 * 512 * (7 * 7 * 64 + kActions + 1);
/// And back: for the weights and for what they see, which the first convolution does not need.
constexpr double kUpdate = 3 * kForward - kFirst;

/// That of Espeholt et al. (2018).
Trainer impala_net() {
  NetConfig config;
  config.type = ImpalaConfig{{16, 32, 32}, {256}, /*normalize=*/true};
  config.clip_grad_val = 0.5;
  config.optim_spec.lr = 3e-4;
  Rng rng(0);
  return Trainer(make_net(config, Space::bytes({4, 84, 84}), {{kActions}, {1}}, rng), config);
}

/// Of one image, forward: a convolution into the stage, and the four of its blocks behind a window.
constexpr double impala_stage(double side, double in, double out) {
  return 2.0 * 9 * (side * side * in * out + 4 * (side / 2) * (side / 2) * out * out);
}
constexpr double kImpalaForward =
    impala_stage(84, 4, 16) + impala_stage(42, 16, 32) + impala_stage(21, 32, 32) + 2.0 * 256 * (11 * 11 * 32);

ByteMatrix images(Eigen::Index n) {
  ByteMatrix bytes(n, 4 * 84 * 84);
  Rng rng(1);
  for (std::uint8_t& byte : bytes.reshaped()) byte = static_cast<std::uint8_t>(rng.integers(0, 256));
  return bytes;
}

void BM_ConvUpdate(benchmark::State& state) {
  const FlushToZero fast;
  Trainer trainer = nature_net(state);
  const ByteMatrix x = images(state.range(0));
  Matrix d(x.rows(), kActions + 1);
  report_best(state, static_cast<double>(x.rows()) * kUpdate,
              [&] {
                d = trainer.forward(x) * 0.01f;
                trainer.backward(d);
                trainer.step();
              },
              {.batches = 20});
}
BENCHMARK(BM_ConvUpdate)->ArgNames({"n", "bf16"})->ArgsProduct({{32, 256}, {0, 1}})->Iterations(1)->UseManualTime();

void BM_ConvAct(benchmark::State& state) {
  const FlushToZero fast;
  Trainer trainer = nature_net(state);
  const ByteMatrix x = images(state.range(0));
  report_best(state, static_cast<double>(x.rows()) * kForward,
              [&] { benchmark::DoNotOptimize(trainer.infer(x).data()); }, {.batches = 20});
}
BENCHMARK(BM_ConvAct)->ArgNames({"n", "bf16"})->ArgsProduct({{1, 16}, {0, 1}})->Iterations(1)->UseManualTime();

void BM_ImpalaUpdate(benchmark::State& state) {
  const FlushToZero fast;
  Trainer trainer = impala_net();
  const ByteMatrix x = images(state.range(0));
  Matrix d(x.rows(), kActions + 1);
  report_best(state, static_cast<double>(x.rows()) * 3 * kImpalaForward,
              [&] {
                d = trainer.forward(x) * 0.01f;
                trainer.backward(d);
                trainer.step();
              },
              {.batches = 10});
}
BENCHMARK(BM_ImpalaUpdate)->ArgName("n")->Arg(32)->Arg(256)->Iterations(1)->UseManualTime();

void BM_ImpalaAct(benchmark::State& state) {
  const FlushToZero fast;
  Trainer trainer = impala_net();
  const ByteMatrix x = images(state.range(0));
  report_best(state, static_cast<double>(x.rows()) * kImpalaForward,
              [&] { benchmark::DoNotOptimize(trainer.infer(x).data()); }, {.batches = 20});
}
BENCHMARK(BM_ImpalaAct)->ArgName("n")->Arg(1)->Arg(16)->Iterations(1)->UseManualTime();

/// A product whose operands stay in the first cache, on whole tiles.
void BM_KernelPeak(benchmark::State& state) {
  constexpr int kRows = 6, kCols = 64, kDepth = 96;
  AlignedBuffer a(kRows * kDepth), b(kDepth * kCols), c(kRows * kCols);
  report_best(state, 2.0 * kRows * kCols * kDepth, [&] {
    kernels().product({.m = kRows,
                       .n = kCols,
                       .k = kDepth,
                       .a = a.data(),
                       .a_row = kDepth,
                       .a_col = 1,
                       .b = b.data(),
                       .b_row = kCols,
                       .c = c.data(),
                       .c_row = kCols});
  });
}
BENCHMARK(BM_KernelPeak)->Iterations(1)->UseManualTime();

}  // namespace
}  // namespace slm
