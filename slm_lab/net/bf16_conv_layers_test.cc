#include "slm_lab/net/bf16_conv_layers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "slm_lab/base/rng.h"
#include "slm_lab/base/thread_pool.h"
#include "slm_lab/net/conv_layers.h"
#include "tests/support/bf16_builds.h"

namespace slm::bf16_conv_layers_test {
namespace {

/// Paddings, dilations, strides beyond the window, channels on both sides of 32, images that are no whole blocks.
std::vector<ConvShape> every_shape() {
  return {{{4, 16, 20}, {{32, 8, 4, 0, 1}, {20, 2, 1, 0, 1}}},
          {{3, 9, 8}, {{5, 3, 2, 1, 1}, {40, 2, 1, 1, 2}, {33, 2, 2, 0, 1}}},
          {{1, 4, 9}, {{34, 3, 1, 2, 2}, {4, 1, 3, 0, 1}}},
          {{5, 6, 5}, {{6, 2, 1, 0, 3}}}};
}

/// Whole numbers from -most to most; those of one in `sparsity` are not 0.
Matrix whole(Eigen::Index rows, Eigen::Index cols, int most, int sparsity, Rng& rng) {
  Matrix m(rows, cols);
  for (float& x : m.reshaped())
    x = rng.integers(0, sparsity) == 0 ? static_cast<float>(rng.integers(-most, most + 1)) : 0;
  return m;
}

ByteMatrix small_bytes(Eigen::Index rows, Eigen::Index cols, Rng& rng) {
  ByteMatrix bytes(rows, cols);
  for (std::uint8_t& byte : bytes.reshaped()) byte = static_cast<std::uint8_t>(2 * rng.integers(0, 2));
  return bytes;
}

/// What a batch comes to, there and back.
struct Result {
  Matrix inferred, out, d_x;
  std::vector<float> grads;
  bool operator==(const Result&) const = default;
};

struct Batch {
  ByteMatrix bytes;
  Matrix floats, d_out;
  Parameters parameters;
};

/// As the layers lay out their numbers, with 0 for the padding.
Matrix gradient_of_outputs(const ConvLayers& layers, const Matrix& dense) {
  Matrix d = Matrix::Zero(dense.rows(), layers.num_outputs());
  const std::vector<std::int32_t> places = layers.output_places();
  for (std::size_t i = 0; i < places.size(); ++i) d.col(places[i]) = dense.col(static_cast<Eigen::Index>(i));
  return d;
}

Batch whole_batch(const ConvLayers& layers, int n, std::uint64_t seed = 7) {
  Rng rng(seed);
  Batch batch{
      small_bytes(n, layers.image().size(), rng), whole(n, layers.image().size(), 2, 2, rng),
      gradient_of_outputs(layers, whole(n, static_cast<Eigen::Index>(layers.output_places().size()), 1, 4, rng)),
      layers.make_parameters(rng)};
  for (const Tensor& tensor : batch.parameters.tensors) {
    std::vector<float> elements = read_tensor(tensor, batch.parameters.values);
    const Matrix numbers = whole(1, static_cast<Eigen::Index>(elements.size()), 1, 5, rng);
    std::ranges::copy(numbers.reshaped(), elements.begin());
    write_tensor(tensor, elements, batch.parameters.values);
  }
  return batch;
}

Result result(ConvLayers& layers, const ObservationsView& x, Batch& batch) {
  Parameters& parameters = batch.parameters;
  layers.parameters_changed();
  Result result;
  result.inferred = layers.infer(x, parameters);
  result.out = layers.forward(x, parameters);
  layers.backward(batch.d_out, parameters);
  result.grads.assign(parameters.grads.span().begin(), parameters.grads.span().end());
  result.d_x = layers.backward_input(batch.d_out, parameters);
  return result;
}

// Small whole numbers are exact in bf16, and so are their sums in float32, in any order. A net with relu sees bytes,
// floats and bytes again, each time with other parameters.
TEST(Bf16Conv, IsTheFloat32NetWhereNumbersAreWhole) {
  for (const Activation activation : {Activation::relu, Activation::identity})
    for (ConvShape shape : every_shape()) {
      shape.hidden = activation;
      shape.byte_scale = 0.5f;
      ConvLayers in_float(shape);
      std::vector<ConvLayers> in_bf16;
      for (const Bf16Kernels* kernels : bf16_builds()) {
        shape.bf16 = kernels;
        in_bf16.emplace_back(shape);
      }
      float largest = 0;
      for (const int round : activation == Activation::relu ? std::vector{0, 1, 2} : std::vector{1}) {
        const bool bytes = round != 1;
        Batch batch = whole_batch(in_float, 21, static_cast<std::uint64_t>(7 + round));  // a piece, four images and one
        const ObservationsView x = bytes ? ObservationsView(batch.bytes) : ObservationsView(batch.floats);
        const Result expected = result(in_float, x, batch);
        ASSERT_LE(expected.out.cwiseAbs().maxCoeff(), 256) << "exact in bf16";
        largest = std::max(largest, expected.out.cwiseAbs().maxCoeff());
        for (ConvLayers& layers : in_bf16) {
          const Result got = result(layers, x, batch);
          EXPECT_EQ(got.inferred, expected.inferred);
          EXPECT_EQ(got.out, expected.out);
          EXPECT_EQ(got.grads, expected.grads);
          EXPECT_EQ(got.d_x, expected.d_x) << layers.shape().bf16->name << " " << layers.image().channels;
        }
      }
      EXPECT_GT(largest, 0);
    }
}

/// Root mean square of the difference, of the expected.
double relative_error(const auto& got, const auto& expected) {
  double squares = 0, total = 0;
  for (std::size_t i = 0; i < std::size(expected); ++i) {
    squares += std::pow(static_cast<double>(got[i] - expected[i]), 2);
    total += std::pow(static_cast<double>(expected[i]), 2);
  }
  return std::sqrt(squares / total);
}
double relative_error(const Matrix& got, const Matrix& expected) {
  return static_cast<double>((got - expected).norm() / expected.norm());
}

// A rounding errs by 2^-9 at most. Each of these numbers has passed through two layers there and back, in which seven
// meet. (ReLU is not among the activations: near 0 a gradient is let through or not.)
constexpr double kRounded = 7 * 0x1p-9;

TEST(Bf16Conv, IsNearTheFloat32NetWithSmoothActivations) {
  for (const Activation activation : {Activation::tanh, Activation::sigmoid, Activation::gelu}) {
    ConvShape shape{{4, 20, 24}, {{32, 8, 4, 0, 1}, {20, 3, 1, 1, 1}}, activation};
    shape.byte_scale = 1.0f / 255;
    ConvLayers in_float(shape);
    Rng rng(3);
    Batch batch = whole_batch(in_float, 40);
    for (std::uint8_t& byte : batch.bytes.reshaped()) byte = static_cast<std::uint8_t>(rng.integers(0, 256));
    batch.parameters = in_float.make_parameters(rng);
    const Result expected = result(in_float, batch.bytes, batch);
    std::map<const Bf16Kernels*, Result> results;
    for (const Bf16Kernels* kernels : bf16_builds()) {
      shape.bf16 = kernels;
      ConvLayers layers(shape);
      const Result& got = results.emplace(kernels, result(layers, batch.bytes, batch)).first->second;
      EXPECT_EQ(got.inferred, got.out);
      EXPECT_LT(relative_error(got.out, expected.out), kRounded);
      EXPECT_LT(relative_error(got.d_x, expected.d_x), kRounded);
      EXPECT_LT(relative_error(got.grads, expected.grads), kRounded);
      EXPECT_EQ(got, results.at(&bf16_oracle(*kernels))) << kernels->name << ", which is not an oracle";
    }
  }
}

TEST(Bf16Conv, GradientsAreTheSameBitsWithAnyNumberOfThreads) {
  ConvShape shape{{4, 28, 32}, {{32, 8, 4, 0, 1}, {16, 4, 2, 1, 1}, {18, 3, 1, 0, 1}}};
  shape.bf16 = bf16_builds().back();
  ConvLayers alone(shape);
  Rng rng(1);
  Batch batch = whole_batch(alone, 90);  // five pieces and a part of one
  batch.parameters = alone.make_parameters(rng);
  for (std::uint8_t& byte : batch.bytes.reshaped()) byte = static_cast<std::uint8_t>(rng.integers(0, 256));
  const Result expected = result(alone, batch.bytes, batch);
  for (const int size : {2, 3, 8}) {
    ThreadPool threads(size);
    ConvLayers layers(shape);
    layers.share_work(threads);
    EXPECT_EQ(result(layers, batch.bytes, batch), expected);
  }
}

TEST(Bf16Conv, ScalesBytesOnlyWhateverItSawBefore) {
  ConvShape shape{{2, 9, 8}, {{5, 3, 2, 1, 1}}};
  shape.byte_scale = 0.5f;
  shape.bf16 = bf16_builds().back();
  ConvLayers layers(shape);
  Batch batch = whole_batch(layers, 3);
  Parameters& parameters = batch.parameters;
  const Matrix halves = batch.bytes.cast<float>() * 0.5f;
  const Matrix of_bytes = layers.infer(batch.bytes, parameters);
  EXPECT_EQ(Matrix(layers.infer(halves, parameters)), of_bytes);
  EXPECT_EQ(Matrix(layers.infer(batch.bytes, parameters)), of_bytes);
}

// An image's outputs do not depend on its neighbours in the batch.
TEST(Bf16Conv, AnImageComesToTheSameAlone) {
  ConvShape shape{{2, 9, 8}, {{5, 3, 2, 1, 1}, {40, 2, 1, 1, 2}}, Activation::tanh};
  shape.bf16 = bf16_builds().back();
  ConvLayers layers(shape);
  Batch batch = whole_batch(layers, 19);
  Parameters& parameters = batch.parameters;
  const Matrix together = layers.infer(batch.bytes, parameters);
  for (Eigen::Index i = 0; i < 19; ++i)
    EXPECT_EQ(Matrix(layers.infer(ByteMatrix(batch.bytes.row(i)), parameters)), Matrix(together.row(i)));
}

}  // namespace
}  // namespace slm::bf16_conv_layers_test
