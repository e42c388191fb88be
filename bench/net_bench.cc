// Whole updates and acting of small nets, beside the same in Eigen. Each figure is the best of many short batches in
// thread CPU time, since machines are shared.

#include <benchmark/benchmark.h>

#include <cmath>
#include <vector>

#include "bench/timing.h"
#include "slm_lab/base/float_mode.h"
#include "slm_lab/base/thread_pool.h"
#include "slm_lab/net/bf16_kernel.h"
#include "slm_lab/net/kernel.h"
#include "slm_lab/net/registry.h"
#include "slm_lab/net/trainer.h"

namespace slm {
namespace {

constexpr double kLr = 3e-4, kClip = 0.5;

/// A multilayer perceptron as one writes it with Eigen: (in, out) weights, moments beside them, fused where Eigen
/// fuses.
class EigenMlp {
 public:
  EigenMlp(const std::vector<int>& widths, bool tanh) : tanh_(tanh) {
    for (std::size_t i = 0; i + 1 < widths.size(); ++i) {
      const Matrix w = Matrix::Random(widths[i], widths[i + 1]) / std::sqrt(static_cast<float>(widths[i]));
      const Eigen::RowVectorXf b = Eigen::RowVectorXf::Zero(widths[i + 1]);
      layers_.push_back({w, 0.0f * w, 0.0f * w, 0.0f * w, b, b, b, b, {}, {}});
    }
  }

  const Matrix& forward(const Matrix& x) {
    const Matrix* h = &x;
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      Layer& l = layers_[i];
      l.y.resize(h->rows(), l.w.cols());
      l.y.noalias() = *h * l.w;
      l.y.rowwise() += l.b;
      if (i + 1 < layers_.size()) {
        if (tanh_)
          l.y.array() = l.y.array().tanh();
        else
          l.y = l.y.cwiseMax(0.0f);
      }
      h = &l.y;
    }
    return *h;
  }

  void backward(const Matrix& x, const Matrix& d_out) {
    layers_.back().dz = d_out;
    for (std::size_t i = layers_.size(); i-- > 0;) {
      Layer& l = layers_[i];
      const Matrix& in = i > 0 ? layers_[i - 1].y : x;
      l.dw.noalias() = in.transpose() * l.dz;
      l.db.noalias() = l.dz.colwise().sum();
      if (i == 0) break;
      Matrix& d = layers_[i - 1].dz;
      d.resize(in.rows(), in.cols());
      d.noalias() = l.dz * l.w.transpose();
      if (tanh_)
        d.array() *= 1 - in.array().square();
      else
        d.array() *= (in.array() > 0).cast<float>();
    }
  }

  void step() {
    double squares = 0;
    for (const Layer& l : layers_) squares += static_cast<double>(l.dw.squaredNorm() + l.db.squaredNorm());
    const auto scale = static_cast<float>(std::min(1.0, kClip / (std::sqrt(squares) + 1e-6)));
    ++t_;
    for (Layer& l : layers_) {
      adam(l.w, l.dw, l.mw, l.vw, scale);
      adam(l.b, l.db, l.mb, l.vb, scale);
    }
  }

 private:
  struct Layer {
    Matrix w, dw, mw, vw;
    Eigen::RowVectorXf b, db, mb, vb;
    Matrix y, dz;
  };

  template <class M>
  void adam(M& p, const M& g, M& m, M& v, float scale) const {
    const auto rate = static_cast<float>(kLr / (1 - std::pow(0.9, t_)));
    const auto root = static_cast<float>(std::sqrt(1 - std::pow(0.999, t_)));
    constexpr Eigen::Index kBlock = 512;  // stays in the first cache
    for (Eigen::Index i = 0; i < p.size(); i += kBlock) {
      const Eigen::Index n = std::min(kBlock, p.size() - i);
      using Array = Eigen::Map<Eigen::ArrayXf>;
      Array pa(p.data() + i, n), ma(m.data() + i, n), va(v.data() + i, n);
      const Eigen::Map<const Eigen::ArrayXf> ga(g.data() + i, n);
      ma = 0.9f * ma + (0.1f * scale) * ga;
      va = 0.999f * va + (0.001f * scale * scale) * ga.square();
      pa -= rate * ma / (va.sqrt() / root + 1e-8f);
    }
  }

  bool tanh_;
  int t_ = 0;
  std::vector<Layer> layers_;
};

struct Task {
  int n, in;
  std::vector<int> hidden;
  int actions;
  Activation activation;
};

Task task(int index) {
  if (index == 0) return {128, 4, {64, 64}, 2, Activation::tanh};  // PPO, CartPole
  return {64, 11, {256, 128}, 3, Activation::relu};                // PPO, Hopper
}

/// Of actor and critic: for each weight and row, 2 operations forward, 2 for its gradient and 2 for that of its input,
/// which the first layer does not need.
double update_operations(const Task& t) {
  double body = 0;
  int in = t.in;
  for (const int out : t.hidden) {
    body += in * out;
    in = out;
  }
  return t.n * (2 * (6 * body - 2 * t.in * t.hidden[0]) + 6 * in * (t.actions + 1));
}

Trainer trainer_of(const Task& t, int width, const char* precision = "float32") {
  NetConfig config;
  config.precision = precision;
  config.type = MlpConfig{t.hidden};
  config.hid_layers_activation = t.activation;
  config.clip_grad_val = kClip;
  config.optim_spec.lr = kLr;
  Rng rng(0);
  return Trainer(make_net(config, Space::row(t.in), {{width}}, rng), config);
}

void report_actor_and_critic(benchmark::State& state, const Task& t, const char* precision) {
  const FlushToZero fast;
  Trainer actor = trainer_of(t, t.actions, precision), critic = trainer_of(t, 1, precision);
  const Matrix x = Matrix::Random(t.n, t.in);
  Matrix d_actor(t.n, t.actions), d_critic(t.n, 1);
  const auto update = [&](Trainer& trainer, Matrix& d) {
    d = trainer.forward(x) * 0.01f;
    trainer.backward(d);
    trainer.step();
  };
  report_best(state, update_operations(t), [&] {
    update(actor, d_actor);
    update(critic, d_critic);
  });
}

void BM_NetUpdate(benchmark::State& state) {
  report_actor_and_critic(state, task(static_cast<int>(state.range(0))), "float32");
}
BENCHMARK(BM_NetUpdate)->ArgName("ppo_hopper")->Arg(0)->Arg(1)->Iterations(1)->UseManualTime();

/// One net of 23-256-256-1 (SAC's critic of HalfCheetah) or of 17-64-64-6, by batches: what threads gain.
void BM_SharedUpdate(benchmark::State& state) {
  const FlushToZero fast;
  const int threads = static_cast<int>(state.range(0)), n = static_cast<int>(state.range(2));
  const Task t =
      state.range(1) == 256 ? Task{n, 23, {256, 256}, 1, Activation::relu} : Task{n, 17, {64, 64}, 6, Activation::tanh};
  Trainer trainer = trainer_of(t, t.actions);
  ThreadPool pool(threads);
  trainer.net().share_work(pool);
  const Matrix x = Matrix::Random(t.n, t.in);
  Matrix d(t.n, t.actions);
  const auto update = [&] {
    d = trainer.forward(x) * 0.01f;
    trainer.backward(d);
    trainer.step();
  };
  report_best(state, update_operations(t) / 2, update, {.clock = wall_seconds, .batches = 1000});
}
BENCHMARK(BM_SharedUpdate)
    ->ArgNames({"threads", "width", "n"})
    ->ArgsProduct({{1, 2}, {64, 256}, {64, 128, 256, 512}})
    ->Iterations(1)
    ->UseManualTime();

/// PPO's minibatch, actor and critic of 17 inputs and two hidden layers: float32 (0) and bf16 (1) by widths, rows and
/// activation.
void BM_Precision(benchmark::State& state) {
  const int width = static_cast<int>(state.range(1)), n = static_cast<int>(state.range(2));
  const Task t{n, 17, {width, width}, 6, state.range(3) == 0 ? Activation::relu : Activation::tanh};
  report_actor_and_critic(state, t, state.range(0) == 0 ? "float32" : "bf16");
}
BENCHMARK(BM_Precision)
    ->ArgNames({"bf16", "width", "n", "tanh"})
    ->ArgsProduct({{0, 1}, {64, 128, 256, 512}, {32, 64, 256}, {0, 1}})
    ->Iterations(1)
    ->UseManualTime();

/// A dense layer of 256 inputs and outputs, 256 rows, relu: outputs and both gradients, with what its weights must be
/// packed or transposed into: in float32 (0) and bf16 (1).
void BM_DenseLayer(benchmark::State& state) {
  const FlushToZero fast;
  constexpr int kSize = 256, kBlocks = kSize / kBf16Block;
  const Matrix x = Matrix::Random(kSize, kSize), w = Matrix::Random(kSize, kSize), bias = Matrix::Random(1, kSize);
  Matrix y(kSize, kSize), dz = x, dw = x, dx = x, wt = x, db(1, kSize);
  const auto rows = [](auto& m) { return Rows{const_cast<float*>(m.data()), m.outerStride()}; };
  const double operations = 3 * 2.0 * kSize * kSize * kSize;
  if (state.range(0) == 0) {
    const Kernels& k = kernels();
    report_best(state, operations, [&] {
      k.transpose(kSize, kSize, rows(w), rows(wt));
      k.dense_forward(kSize, kSize, kSize, rows(x), rows(w), bias.data(), Activation::relu, rows(y));
      k.dense_backward_weights(kSize, kSize, kSize, rows(x), rows(dz), false, rows(dw), db.data());
      k.dense_backward_input(kSize, kSize, kSize, rows(dz), rows(wt), Activation::relu, rows(x), false, rows(dx));
    });
    return;
  }
  if (bf16_kernels() == nullptr) return state.SkipWithError(bf16_missing());
  const Bf16Kernels& k = *bf16_kernels();
  AlignedBuffer buffers[10];
  for (AlignedBuffer& buffer : buffers) buffer = AlignedBuffer(bf16_size(kBlocks, kBlocks) / 2);
  const auto of = [&](int i) { return reinterpret_cast<Bf16*>(buffers[i].data()); };
  const Bf16Forms packed{.row_blocks = kBlocks, .col_blocks = kBlocks, .pairs = of(0), .transposed_pairs = of(1)};
  const Bf16Forms in{.row_blocks = kBlocks, .col_blocks = kBlocks, .rows = of(2), .transposed_rows = of(3)};
  const Bf16Forms out{.row_blocks = kBlocks, .col_blocks = kBlocks, .rows = of(4), .transposed_rows = of(5)};
  const Bf16Forms above{.row_blocks = kBlocks, .col_blocks = kBlocks, .rows = of(6), .pairs = of(7)};
  const Bf16Forms below{.row_blocks = kBlocks, .col_blocks = kBlocks, .rows = of(8), .pairs = of(9)};
  k.pack(kSize, kSize, rows(x), in);  // the layer before leaves it so
  k.pack(kSize, kSize, rows(dz), above);
  report_best(state, operations, [&] {
    k.begin();
    k.pack(kSize, kSize, rows(w), packed);
    k.forward({kBlocks, kBlocks, kBlocks, in.rows, packed.pairs}, kSize, kSize, bias.data(), Activation::relu, out,
              nullptr);
    k.product({kBlocks, kBlocks, kBlocks, in.transposed_rows, above.pairs}, kSize, kSize, nullptr, rows(dw));
    k.backward_input({kBlocks, kBlocks, kBlocks, above.rows, packed.transposed_pairs}, Activation::relu, in.rows, below,
                     db.data());
    k.end();
  });
}
BENCHMARK(BM_DenseLayer)->ArgName("bf16")->Arg(0)->Arg(1)->Iterations(1)->UseManualTime();

void BM_EigenUpdate(benchmark::State& state) {
  const FlushToZero fast;
  const Task t = task(static_cast<int>(state.range(0)));
  std::vector<int> widths = {t.in};
  widths.insert(widths.end(), t.hidden.begin(), t.hidden.end());
  widths.push_back(t.actions);
  EigenMlp actor(widths, t.activation == Activation::tanh);
  widths.back() = 1;
  EigenMlp critic(widths, t.activation == Activation::tanh);
  const Matrix x = Matrix::Random(t.n, t.in);
  Matrix d_actor(t.n, t.actions), d_critic(t.n, 1);
  const auto update = [&](EigenMlp& net, Matrix& d) {
    d = net.forward(x) * 0.01f;
    net.backward(x, d);
    net.step();
  };
  report_best(state, update_operations(t), [&] {
    update(actor, d_actor);
    update(critic, d_critic);
  });
}
BENCHMARK(BM_EigenUpdate)->ArgName("ppo_hopper")->Arg(0)->Arg(1)->Iterations(1)->UseManualTime();

void BM_NetAct(benchmark::State& state) {
  const FlushToZero fast;
  const Task t = task(0);
  Trainer actor = trainer_of(t, t.actions);
  const Matrix x = Matrix::Random(state.range(0), t.in);
  report_best(state, 2.0 * static_cast<double>(x.rows()) * (4 * 64 + 64 * 64 + 64 * 2),
              [&] { benchmark::DoNotOptimize(actor.infer(x).data()); });
}
BENCHMARK(BM_NetAct)->ArgName("n")->Arg(1)->Arg(4)->Arg(16)->Iterations(1)->UseManualTime();

void BM_EigenAct(benchmark::State& state) {
  const FlushToZero fast;
  EigenMlp actor({4, 64, 64, 2}, true);
  const Matrix x = Matrix::Random(state.range(0), 4);
  report_best(state, 2.0 * static_cast<double>(x.rows()) * (4 * 64 + 64 * 64 + 64 * 2),
              [&] { benchmark::DoNotOptimize(actor.forward(x).data()); });
}
BENCHMARK(BM_EigenAct)->ArgName("n")->Arg(1)->Arg(4)->Arg(16)->Iterations(1)->UseManualTime();

}  // namespace
}  // namespace slm
