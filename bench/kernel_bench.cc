// Rates of the kernel beside Eigen's and beside the peak of the core, measured in the same run. Each figure is the
// best of many short batches in thread CPU time, since machines are shared.
//
// Arguments of the products: build of the kernel (index into supported_kernels(), Eigen after the last), n, in, out.

#include <benchmark/benchmark.h>
#include <malloc.h>

#include <algorithm>
#include <ctime>
#include <limits>
#include <string>
#include <vector>

#include "slm_lab/base/matrix.h"
#include "slm_lab/net/kernel.h"

namespace slm {
namespace {

double thread_seconds() {
  timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

/// Seconds of one call of `work`, the best of 40 batches of at least 0.4 ms.
template <class Work>
double best_seconds(const Work& work) {
  work();
  long calls = 1;
  const auto batch = [&] {
    const double start = thread_seconds();
    for (long i = 0; i < calls; ++i) work();
    return thread_seconds() - start;
  };
  while (batch() < 4e-4) calls *= 2;
  double best = std::numeric_limits<double>::infinity();
  for (int i = 0; i < 40; ++i) best = std::min(best, batch());
  return best / static_cast<double>(calls);
}

/// Runs once, whatever google-benchmark would like, and reports the best batch.
template <class Work>
double report(benchmark::State& state, double operations, const Work& work) {
  double best = 0;
  for (auto _ : state) {
    best = best_seconds(work);
    state.SetIterationTime(best);
  }
  state.counters["GF/s"] = operations / best * 1e-9;
  return best;
}

/// Chains of independent fused multiply-adds in registers, at the width of the best build.
double peak_flops() {
  constexpr int kRounds = 100, kChains = 12;
  const std::string name = kernels().name;
  const int lanes = name == "x86-64-v4" ? 16 : 8;
  if (name == "x86-64") return std::numeric_limits<double>::quiet_NaN();  // no such instruction
  const double seconds = best_seconds([&] {
    for (int i = 0; i < kRounds; ++i) {
      if (lanes == 16)
        asm volatile(".irp r,4,5,6,7,8,9,10,11,12,13,14,15\n vfmadd231ps %%zmm0,%%zmm0,%%zmm\\r\n .endr" ::
                         : "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14",
                           "xmm15");
      else
        asm volatile(".irp r,4,5,6,7,8,9,10,11,12,13,14,15\n vfmadd231ps %%ymm0,%%ymm0,%%ymm\\r\n .endr" ::
                         : "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14",
                           "xmm15");
    }
  });
  return 2.0 * lanes * kChains * kRounds / seconds;
}

double peak() {
  static const double flops = peak_flops();
  return flops;
}

void BM_FmaPeak(benchmark::State& state) {
  for (auto _ : state) state.SetIterationTime(2e9 / peak());
  state.counters["GF/s"] = peak() * 1e-9;
}
BENCHMARK(BM_FmaPeak)->Iterations(1)->UseManualTime();

/// Storage of one layer as a net keeps it.
struct Layer {
  Layer(int rows, int inputs, int outputs)
      : n(rows),
        in(inputs),
        out(outputs),
        x(random(n, kernel_padded(in))),
        y(random(n, kernel_padded(out))),
        dz(y),
        dx(x),
        w(random(in, kernel_padded(out))),
        dw(w),
        wt(random(out, kernel_padded(in))),
        head(wt),
        dhead(wt),
        b(random(1, kernel_padded(out))),
        db(b) {
    dz.rightCols(dz.cols() - out).setZero();
  }
  static Matrix random(int rows, int cols) { return 0.1f * Matrix::Random(rows, cols); }

  int n, in, out;
  Matrix x, y, dz, dx, w, dw, wt, head, dhead, b, db;
};

Rows rows(Matrix& m) { return {m.data(), m.outerStride()}; }

constexpr int kNarrow = 40;  // heads are kept (out, in)
bool is_head(const Layer& l) { return l.out < kNarrow && l.in >= 64; }

void eigen_forward(Layer& l) {
  l.y.leftCols(l.out).noalias() = l.x.leftCols(l.in) * l.w.leftCols(l.out);
  l.y.leftCols(l.out) = (l.y.leftCols(l.out).rowwise() + l.b.row(0).head(l.out)).cwiseMax(0.0f);
}

void eigen_backward_weights(Layer& l) {
  l.dw.leftCols(l.out).noalias() = l.x.leftCols(l.in).transpose() * l.dz.leftCols(l.out);
  l.db.row(0).head(l.out) = l.dz.leftCols(l.out).colwise().sum();
}

void eigen_backward_input(Layer& l) {
  l.dx.leftCols(l.in).noalias() = l.dz.leftCols(l.out) * l.w.leftCols(l.out).transpose();
  l.dx.leftCols(l.in).array() *= (l.x.leftCols(l.in).array() > 0.0f).cast<float>();
}

/// The label and the build of the first argument; nullptr is Eigen.
const Kernels* build_of(benchmark::State& state) {
  const std::size_t index = static_cast<std::size_t>(state.range(0));
  const Kernels* build = index < supported_kernels().size() ? supported_kernels()[index] : nullptr;
  state.SetLabel(build != nullptr ? build->name : "Eigen");
  return build;
}

template <class Own>
void run_layer(benchmark::State& state, void (*eigen)(Layer&), const Own& own) {
  Layer l(static_cast<int>(state.range(1)), static_cast<int>(state.range(2)), static_cast<int>(state.range(3)));
  const Kernels* k = build_of(state);
  const double flops = 2.0 * l.n * l.in * l.out;
  const double best =
      k == nullptr ? report(state, flops, [&] { eigen(l); }) : report(state, flops, [&] { own(*k, l); });
  state.counters["peak%"] = 100 * flops / best / peak();
}

void BM_Forward(benchmark::State& state) {
  run_layer(state, eigen_forward, [](const Kernels& k, Layer& l) {
    if (is_head(l))
      k.head_forward(l.n, l.in, l.out, rows(l.x), rows(l.head), l.b.data(), rows(l.y));
    else
      k.dense_forward(l.n, l.in, l.out, rows(l.x), rows(l.w), l.b.data(), Activation::relu, rows(l.y));
  });
}

void BM_BackwardWeights(benchmark::State& state) {
  run_layer(state, eigen_backward_weights, [](const Kernels& k, Layer& l) {
    if (is_head(l))
      k.head_backward_weights(l.n, l.in, l.out, rows(l.x), rows(l.dz), false, rows(l.dhead), l.db.data());
    else
      k.dense_backward_weights(l.n, l.in, l.out, rows(l.x), rows(l.dz), false, rows(l.dw), l.db.data());
  });
}

void BM_BackwardInput(benchmark::State& state) {
  run_layer(state, eigen_backward_input, [](const Kernels& k, Layer& l) {
    if (is_head(l)) {
      k.head_backward_input(l.n, l.in, l.out, rows(l.dz), rows(l.head), Activation::relu, rows(l.x), false, rows(l.dx));
    } else {
      k.transpose(l.in, l.out, rows(l.w), rows(l.wt));
      k.dense_backward_input(l.n, l.in, l.out, rows(l.dz), rows(l.wt), Activation::relu, rows(l.x), false, rows(l.dx));
    }
  });
}

void layers(benchmark::internal::Benchmark* b) {
  constexpr int kLayers[][2] = {{4, 64},   {17, 64},   {64, 64}, {64, 2},    {64, 6},  {11, 256},  {256, 128}, {128, 3},
                                {23, 256}, {256, 256}, {256, 1}, {105, 256}, {256, 8}, {348, 256}, {256, 17}};
  b->ArgNames({"build", "n", "in", "out"})->Iterations(1)->UseManualTime()->Unit(benchmark::kMicrosecond);
  for (const auto& layer : kLayers)
    for (const int n : {4, 16, 64, 256})
      for (int build = 0; build <= static_cast<int>(supported_kernels().size()); ++build)
        b->Args({build, n, layer[0], layer[1]});
}
BENCHMARK(BM_Forward)->Apply(layers);
BENCHMARK(BM_BackwardWeights)->Apply(layers);
BENCHMARK(BM_BackwardInput)->Apply(layers);

/// The forward pass of a whole net with two hidden layers and one head, as in acting.
void BM_Act(benchmark::State& state) {
  const int n = static_cast<int>(state.range(1)), in = static_cast<int>(state.range(2)),
            hidden = static_cast<int>(state.range(3)), out = static_cast<int>(state.range(4));
  Layer first(n, in, hidden), second(n, hidden, hidden), head(n, hidden, out);
  const Kernels* k = build_of(state);
  const double flops = 2.0 * n * (in * hidden + hidden * hidden + hidden * out);
  const double best =
      k == nullptr ? report(state, flops,
                            [&] {
                              eigen_forward(first);
                              second.y.noalias() = first.y * second.w;
                              second.y = (second.y.rowwise() + second.b.row(0)).cwiseMax(0.0f);
                              head.y.leftCols(out).noalias() = second.y * head.w.leftCols(out);
                              head.y.leftCols(out).rowwise() += head.b.row(0).head(out);
                            })
                   : report(state, flops, [&] {
                       k->dense_forward(n, in, hidden, {first.x.data(), first.x.outerStride()}, rows(first.w),
                                        first.b.data(), Activation::relu, rows(first.y));
                       k->dense_forward(n, hidden, hidden, rows(first.y), rows(second.w), second.b.data(),
                                        Activation::relu, rows(second.y));
                       k->head_forward(n, hidden, out, rows(second.y), rows(head.head), head.b.data(), rows(head.y));
                     });
  state.counters["peak%"] = 100 * flops / best / peak();
}

void nets(benchmark::internal::Benchmark* b) {
  constexpr int kNets[][3] = {{4, 64, 2}, {17, 256, 6}};
  b->ArgNames({"build", "n", "in", "hidden", "out"})->Iterations(1)->UseManualTime()->Unit(benchmark::kMicrosecond);
  for (const auto& net : kNets)
    for (const int n : {1, 4, 16})
      for (int build = 0; build <= static_cast<int>(supported_kernels().size()); ++build)
        b->Args({build, n, net[0], net[1], net[2]});
}
BENCHMARK(BM_Act)->Apply(nets);

/// Nanoseconds per element of a pass over 4096 numbers (functions) or 65536 (optimiser, averages).
void BM_Span(benchmark::State& state) {
  const Kernels* k = build_of(state);
  const std::size_t size = state.range(1) < 6 ? 4096 : 65536;
  std::vector<float> x(size, 0.5f), y(size, 0.25f), m(size, 0.1f), v(size, 0.1f);
  for (std::size_t i = 0; i < size; ++i) x[i] = 0.1f + 2.0f * static_cast<float>(i) / static_cast<float>(size);
  const AdamStep adam = adam_step(1e-9, 0.9, 0.999, 1e-8, 0, false, 10, 1);
  double sink = 0;
  const auto run = [&](const char* name, const auto& work) {
    const double best = report(state, 0, work);
    state.counters["ns/element"] = best * 1e9 / static_cast<double>(size);
    state.SetLabel(std::string(k->name) + " " + name);
  };
  switch (state.range(1)) {
    case 0:
      return run("tanh", [&] { k->tanh(size, x.data(), y.data()); });
    case 1:
      return run("exp", [&] { k->exp(size, x.data(), y.data()); });
    case 2:
      return run("log", [&] { k->log(size, x.data(), y.data()); });
    case 3:
      return run("selu", [&] { k->activation_forward(Activation::selu, size, x.data(), y.data()); });
    case 4:
      return run("gelu", [&] { k->activation_forward(Activation::gelu, size, x.data(), y.data()); });
    case 5:
      return run("softplus", [&] { k->activation_forward(Activation::softplus, size, x.data(), y.data()); });
    case 6:
      return run("adam", [&] { k->adam(size, adam, x.data(), y.data(), m.data(), v.data()); });
    case 7:
      return run("polyak", [&] { k->polyak(size, 0.5f, x.data(), y.data()); });
    case 8:
      return run("squared_norm", [&] { sink += k->squared_norm(size, x.data()); });
    case 9:
      return run("transpose", [&] { k->transpose(256, 256, {x.data(), 256}, {y.data(), 256}); });
    default:
      break;
  }
  benchmark::DoNotOptimize(sink);
}

void spans(benchmark::internal::Benchmark* b) {
  b->ArgNames({"build", "what"})->Iterations(1)->UseManualTime();
  for (int what = 0; what < 10; ++what)
    for (int build = 0; build < static_cast<int>(supported_kernels().size()); ++build) b->Args({build, what});
}
BENCHMARK(BM_Span)->Apply(spans);

}  // namespace
}  // namespace slm

int main(int argc, char** argv) {
  // Otherwise every large Eigen product maps and unmaps its packing buffers.
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
