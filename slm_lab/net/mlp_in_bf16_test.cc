#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "slm_lab/base/rng.h"
#include "slm_lab/base/thread_pool.h"
#include "slm_lab/net/mlp.h"
#include "slm_lab/net/trainer.h"
#include "tests/support/bf16_builds.h"

namespace slm::mlp_in_bf16_test {
namespace {

/// Heads as a shared actor-critic has them: two groups of dense ones around a free one.
MlpShape shape_with(const Bf16Kernels* kernels, Activation hidden, std::vector<int> hid_layers = {40, 70}) {
  MlpShape shape{.in_dim = 11, .hid_layers = std::move(hid_layers), .hidden = hidden, .heads = {{3}, {2, true}, {1}}};
  shape.bf16 = kernels;
  return shape;
}

void fill(std::span<float> to, Rng& rng, const auto& number) {
  for (float& x : to) x = number(rng);
}

/// Parameters that are not padding.
void fill_parameters(Net& net, Rng& rng, const auto& number) {
  for (const Tensor& tensor : net.parameters().tensors) {
    std::vector<float> elements(read_tensor(tensor, net.parameters().values).size());
    fill(elements, rng, number);
    write_tensor(tensor, elements, net.parameters().values);
  }
  net.parameters_changed();
}

float small_integer(Rng& rng) { return static_cast<float>(static_cast<int>(rng.uniform(0, 5)) - 2); }
float sparse_sign(Rng& rng) {
  const double u = rng.uniform(0, 1);
  return u < 0.1 ? -1.0f : u < 0.2 ? 1.0f : 0.0f;
}
float gaussian(Rng& rng) { return static_cast<float>(rng.standard_normal()); }

Matrix filled(int rows, int cols, std::uint64_t seed, const auto& number) {
  Rng rng(seed);
  Matrix m(rows, cols);
  fill({m.data(), static_cast<std::size_t>(m.size())}, rng, number);
  return m;
}

std::vector<float> all_grads(const Net& net) {
  std::vector<float> all;
  for (const Tensor& tensor : net.parameters().tensors) {
    const std::vector<float> part = read_tensor(tensor, net.parameters().grads);
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

/// What a net makes of a batch.
struct Passes {
  Matrix inferred, out, d_x;
  std::vector<float> grads;
};
Passes passes(Net& net, const Matrix& x, const Matrix& d_out) {
  Passes p;
  p.inferred = net.infer(x);
  p.out = net.forward(x);
  for (const Tensor& tensor : net.parameters().tensors)  // to be overwritten
    write_tensor(tensor, std::vector<float>(read_tensor(tensor, net.parameters().grads).size(), 7.0f),
                 net.parameters().grads);
  net.backward(d_out);
  p.grads = all_grads(net);
  p.d_x = net.backward_input(d_out);
  return p;
}

// Integers up to 256 are bf16 numbers, and no sum of few of them is rounded: both precisions are exact, and equal. What
// a larger batch left behind is in nobody's way.
TEST(MlpInBf16, IsExactWhereEveryFactorIsABf16Number) {
  for (const Bf16Kernels* const build : bf16_builds())
    for (const Activation hidden : {Activation::relu, Activation::identity, Activation::hardtanh}) {
      Rng rng(1);
      MlpNet exact(shape_with(nullptr, hidden), rng), net(shape_with(build, hidden), rng);
      for (MlpNet* const of : {&exact, &net}) {
        Rng numbers(2);
        fill_parameters(*of, numbers, sparse_sign);
      }
      for (const int n : {150, 1, 64}) {
        SCOPED_TRACE(std::string(build->name) + ", rows: " + std::to_string(n));
        const Matrix x = filled(n, 11, 3, small_integer).cwiseAbs(), d_out = filled(n, 6, 4, sparse_sign);
        const Passes want = passes(exact, x, d_out), got = passes(net, x, d_out);
        ASSERT_LE(want.d_x.cwiseAbs().maxCoeff(), 256);
        EXPECT_GT(want.d_x.cwiseAbs().maxCoeff(), n == 150 ? 1 : -1);
        EXPECT_EQ(got.inferred, want.inferred);
        EXPECT_EQ(got.out, want.out);
        EXPECT_EQ(got.grads, want.grads);
        EXPECT_EQ(got.d_x, want.d_x);
      }
    }
}

/// Root mean square of the difference over that of what is wanted.
double relative_error_of(std::span<const float> got, std::span<const float> want) {
  double error = 0, size = 0;
  for (std::size_t i = 0; i < want.size(); ++i) {
    error += std::pow(static_cast<double>(got[i] - want[i]), 2);
    size += std::pow(static_cast<double>(want[i]), 2);
  }
  return std::sqrt(error / size);
}
double relative_error(const Matrix& got, const Matrix& want) {
  return relative_error_of({got.data(), static_cast<std::size_t>(got.size())},
                           {want.data(), static_cast<std::size_t>(want.size())});
}

/// A derivative that jumps is another one altogether where rounding moved its argument across.
bool derivative_jumps(Activation activation) {
  constexpr Activation kJumping[] = {Activation::relu,       Activation::leakyrelu,  Activation::selu,
                                     Activation::hardtanh,   Activation::relu6,      Activation::hardsigmoid,
                                     Activation::softshrink, Activation::hardshrink, Activation::hardswish};
  return std::ranges::find(kJumping, activation) != std::end(kJumping);
}

// A factor is rounded by an error that is uniform within half a unit of its last place: of mantissas from 1 to 2, which
// are spread by their logarithm, its root mean square is 2^-8 / sqrt(3) * sqrt(3 / (8 ln 2)) of the factor. An output
// is made of three products of two factors each, a gradient of up to five more and of two slopes; the roundings are
// independent, so that the squares of their errors add up. Another term, sign or place would be an error of the order
// of 1.
TEST(MlpInBf16, IsAsNearToFloat32AsItsRoundingAllows) {
  const double rounding = 0x1p-8 / std::sqrt(3.0) * std::sqrt(3 / (8 * std::log(2.0)));  // 1.7e-3
  constexpr double kTwice = 2;  // as these are a hundred rows, not all there are
  const double of_outputs = kTwice * rounding * std::sqrt(3.0 * 2);
  const double of_gradients = kTwice * rounding * std::sqrt(8.0 * 2 + 2);
  for (const Bf16Kernels* const build : bf16_builds())
    for (const ActivationEntry& entry : kActivations) {
      if (entry.value == Activation::hardshrink) continue;  // it jumps itself
      SCOPED_TRACE(std::string(build->name) + ", " + std::string(entry.name));
      Rng rng(1), same(1);
      MlpNet exact(shape_with(nullptr, entry.value), rng), net(shape_with(build, entry.value), same);
      const Matrix x = filled(100, 11, 3, gaussian), d_out = filled(100, 6, 4, gaussian);
      const Passes want = passes(exact, x, d_out), got = passes(net, x, d_out);
      EXPECT_EQ(got.inferred, got.out);
      EXPECT_LT(relative_error(got.out, want.out), of_outputs);
      if (derivative_jumps(entry.value)) continue;
      EXPECT_LT(relative_error_of(got.grads, want.grads), of_gradients);
      EXPECT_LT(relative_error(got.d_x, want.d_x), of_gradients);
    }
}

TEST(MlpInBf16, HasTheSameBitsWithAnyNumberOfThreads) {
  for (const Bf16Kernels* const build : bf16_builds()) {
    Rng rng(1);
    MlpNet net(shape_with(build, Activation::tanh, {200, 170}), rng);
    const int n = is_slow(*build) ? 140 : 1000;
    const Matrix x = filled(n, 11, 3, gaussian), d_out = filled(n, 6, 4, gaussian);
    const Passes alone = passes(net, x, d_out);
    for (const int threads : {2, 3}) {
      ThreadPool pool(threads);
      MlpNet shared(net);
      shared.share_work(pool);
      const Passes together = passes(shared, x, d_out);
      EXPECT_EQ(together.inferred, alone.inferred);
      EXPECT_EQ(together.out, alone.out);
      EXPECT_EQ(together.grads, alone.grads);
      EXPECT_EQ(together.d_x, alone.d_x);
    }
  }
}

// What was packed of old parameters is not used for new ones, nor by the copy of a net.
TEST(MlpInBf16, FollowsItsParameters) {
  Rng rng(1);
  MlpNet net(shape_with(&kBf16KernelsPortableAmx, Activation::relu), rng);
  const Matrix x = filled(5, 11, 3, gaussian), d_out = filled(5, 6, 4, gaussian);
  passes(net, x, d_out);
  const std::unique_ptr<Net> copy = net.clone();
  Rng numbers(7);
  fill_parameters(net, numbers, gaussian);
  MlpNet fresh(shape_with(&kBf16KernelsPortableAmx, Activation::relu), rng);
  polyak(fresh.parameters(), net.parameters(), 1);
  fresh.parameters_changed();
  const Passes got = passes(net, x, d_out), want = passes(fresh, x, d_out), before = passes(*copy, x, d_out);
  EXPECT_EQ(got.out, want.out);
  EXPECT_EQ(got.d_x, want.d_x);
  EXPECT_NE(before.out, want.out);
}

TEST(MlpInBf16, LeavesPaddingAlone) {
  Rng rng(1);
  MlpNet net(shape_with(&kBf16KernelsPortableAmx, Activation::sigmoid), rng);  // which makes 0.5 of padding
  passes(net, filled(5, 11, 3, gaussian), filled(5, 6, 4, gaussian));
  AlignedBuffer rest = net.parameters().grads;
  for (const Tensor& tensor : net.parameters().tensors)
    write_tensor(tensor, std::vector<float>(read_tensor(tensor, rest).size()), rest);
  for (const float x : rest.span()) EXPECT_EQ(x, 0);
}

}  // namespace
}  // namespace slm::mlp_in_bf16_test
