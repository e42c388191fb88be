#include "slm_lab/net/conv.h"

#include <algorithm>

#include "slm_lab/base/error.h"
#include "slm_lab/base/thread_pool.h"
#include "slm_lab/net/batch_norm_conv_layers.h"
#include "slm_lab/net/conv_layers.h"
#include "slm_lab/net/dense_input.h"
#include "slm_lab/net/registry.h"
#include "slm_lab/net/residual_layers.h"
#include "tests/support/net_fixture.h"

namespace slm::conv_test {
namespace {

std::vector<int> integers(const JsonNode& array) {
  std::vector<int> numbers;
  for (const JsonNode& element : array.elements) numbers.push_back(static_cast<int>(element.number));
  return numbers;
}

ImageShape image_of(const std::vector<int>& shape) { return {shape.at(0), shape.at(1), shape.at(2)}; }

ConvLayerShape layer_of(const JsonNode& row) {
  const std::vector<int> s = integers(row);
  return {s.at(0), s.at(1), s.at(2), s.at(3), s.at(4)};
}

Activation activation_of(const JsonNode& c) { return activation_named(c.find("activation")->text); }

/// The net of a case, on these layers.
ConvNet net_on(std::unique_ptr<ImageLayers> convolutions, const JsonNode& c) {
  Rng rng(0);
  return {std::move(convolutions),
          {.hid_layers = integers(*c.find("fc_hid_layers")), .hidden = activation_of(c), .heads = {{2}, {1}}},
          rng};
}

ConvShape conv_shape_of(const JsonNode& c) {
  ConvShape shape{image_of(integers(*c.find("image"))), {}, activation_of(c)};
  for (const JsonNode& row : c.find("conv_hid_layers")->elements) shape.layers.push_back(layer_of(row));
  return shape;
}

TEST(Conv, OutputsAndGradientsAgreeWithPyTorch) {
  const JsonNode cases = fixture("convs");
  EXPECT_EQ(cases.elements.size(), 4);
  for (const JsonNode& c : cases.elements) {
    SCOPED_TRACE(c.find("activation")->text);
    ConvNet net = net_on(std::make_unique<ConvLayers>(conv_shape_of(c)), c);
    expect_equal_to_pytorchs(c, net);
  }
}

// The batch in training moves the running statistics that the evaluation after it is by.
TEST(BatchNormConv, AgreesWithPyTorchInTrainingAndThenInEvaluation) {
  const JsonNode cases = fixture("conv_batch_norms");
  EXPECT_EQ(cases.elements.size(), 3);
  for (const JsonNode& c : cases.elements) {
    SCOPED_TRACE(c.find("activation")->text);
    ConvNet net = net_on(std::make_unique<BatchNormConvLayers>(conv_shape_of(c)), c);
    expect_equal_to_pytorchs_in_training(c, net);
    expect_equal_to_pytorchs(*c.find("in_evaluation"), net);
  }
}

TEST(Impala, OutputsAndGradientsAgreeWithPyTorch) {
  const JsonNode cases = fixture("impalas");
  EXPECT_EQ(cases.elements.size(), 3);
  for (const JsonNode& c : cases.elements) {
    SCOPED_TRACE(c.find("activation")->text);
    ConvNet net = net_on(std::make_unique<ResidualLayers>(ResidualShape{
                             image_of(integers(*c.find("image"))), integers(*c.find("channels")), activation_of(c)}),
                         c);
    expect_equal_to_pytorchs(c, net);
  }
}

/// That of Mnih et al. (2015), on small images, with 18 channels in its last convolution.
ConvNet small_nature_net(float byte_scale) {
  Rng rng(5);
  ConvShape convolutions{{4, 36, 40}, {{32, 8, 4, 0, 1}, {16, 4, 2, 1, 1}, {18, 3, 1, 0, 1}}};
  convolutions.byte_scale = byte_scale;
  return ConvNet(std::make_unique<ConvLayers>(std::move(convolutions)), {.hid_layers = {24}, .heads = {{4}, {1}}}, rng);
}

std::vector<float> read_all(const AlignedBuffer& buffer) { return {buffer.span().begin(), buffer.span().end()}; }

ByteMatrix random_bytes(int n, int size, Rng& rng) {
  ByteMatrix bytes(n, size);
  for (std::uint8_t& byte : bytes.reshaped()) byte = static_cast<std::uint8_t>(rng.integers(0, 256));
  return bytes;
}

/// That of Espeholt et al. (2018), of few channels.
ConvNet small_impala_net(float byte_scale) {
  Rng rng(5);
  ResidualShape shape{{4, 21, 18}, {16, 18}, Activation::relu};
  shape.byte_scale = byte_scale;
  return ConvNet(std::make_unique<ResidualLayers>(std::move(shape)), {.hid_layers = {24}, .heads = {{4}, {1}}}, rng);
}

ConvNet small_batch_norm_net(float byte_scale) {
  Rng rng(5);
  ConvShape shape{{4, 36, 40}, {{32, 8, 4, 0, 1}, {18, 4, 2, 1, 1}}};
  shape.byte_scale = byte_scale;
  return ConvNet(std::make_unique<BatchNormConvLayers>(std::move(shape)), {.hid_layers = {24}, .heads = {{4}, {1}}},
                 rng);
}

/// Nets of every kind of convolutions.
struct OfImages {
  const char* name;
  ConvNet (*make)(float byte_scale);
};
constexpr OfImages kOfImages[] = {
    {"ConvNet", small_nature_net}, {"ImpalaNet", small_impala_net}, {"BatchNormConvNet", small_batch_norm_net}};
class NetOfImages : public testing::TestWithParam<OfImages> {};
INSTANTIATE_TEST_SUITE_P(Conv, NetOfImages, testing::ValuesIn(kOfImages),
                         [](const auto& row) { return row.param.name; });

TEST_P(NetOfImages, HasGradientsOfTheSameBitsWithAnyNumberOfThreads) {
  ConvNet alone = GetParam().make(kByteScale);
  Rng rng(1);
  const ByteMatrix x = random_bytes(90, alone.in_dim(), rng);  // five pieces and a part of one
  const Matrix d_out = random_matrix(90, 5, rng);
  const auto update = [&](ConvNet& net) {
    const Matrix out = net.forward(x);
    EXPECT_EQ(out, Matrix(net.infer(x)));
    net.backward(d_out);
    return std::pair(out, Matrix(net.backward_input(d_out)));
  };
  const auto expected = update(alone);
  for (const int size : {2, 3, 8}) {
    ThreadPool threads(size);
    ConvNet net = GetParam().make(kByteScale);
    net.share_work(threads);
    for (int repeat = 0; repeat < 3; ++repeat) {
      EXPECT_EQ(update(net), expected);
      EXPECT_TRUE(std::ranges::equal(net.parameters().grads.span(), alone.parameters().grads.span()));
    }
  }
}

TEST_P(NetOfImages, TrainsToTheSameBitsWithAnyNumberOfThreads) {
  Rng rng(1);
  const ByteMatrix x = random_bytes(90, GetParam().make(1).in_dim(), rng);
  const Matrix d_out = random_matrix(90, 5, rng);
  const auto trained = [&](ThreadPool* threads) {
    ConvNet net = GetParam().make(kByteScale);
    if (threads) net.share_work(*threads);
    const Matrix out = net.forward_in_training(x);
    net.backward(d_out);
    return std::tuple(out, Matrix(net.infer(x)), read_all(net.parameters().grads), read_all(net.parameters().values));
  };
  const auto expected = trained(nullptr);
  for (const int size : {2, 3, 8}) {
    ThreadPool threads(size);
    EXPECT_EQ(trained(&threads), expected);
  }
}

TEST_P(NetOfImages, SeesBytesScaledAsAskedFor) {
  Rng rng(2);
  ConvNet scaled = GetParam().make(0.5f), plain = GetParam().make(1);
  const ByteMatrix x = random_bytes(3, scaled.in_dim(), rng);
  EXPECT_EQ(Matrix(scaled.infer(x)), Matrix(scaled.infer(Matrix(x.cast<float>() * 0.5f))));
  EXPECT_EQ(Matrix(plain.infer(x)), Matrix(plain.infer(Matrix(x.cast<float>()))));
}

TEST(Conv, AnImageOfAConvolutionIsAsLargeAsPyTorchs) {
  // floor((side + 2 padding - dilation (kernel - 1) - 1) / stride) + 1
  const auto sides = [](ConvLayerShape layer, int height, int width) {
    const ImageShape out = conv_output(layer, {4, height, width});
    return std::vector<int>{out.channels, out.height, out.width};
  };
  EXPECT_EQ(sides({32, 8, 4, 0, 1}, 84, 84), (std::vector<int>{32, 20, 20}));
  EXPECT_EQ(sides({64, 4, 2, 0, 1}, 20, 20), (std::vector<int>{64, 9, 9}));
  EXPECT_EQ(sides({5, 3, 2, 1, 2}, 9, 8), (std::vector<int>{5, 4, 3}));
  EXPECT_EQ(sides({5, 3, 1, 0, 1}, 3, 2), (std::vector<int>{5, 1, 0}));
  EXPECT_EQ(sides({5, 9, 3, 0, 1}, 3, 2), (std::vector<int>{5, 0, 0}));
  EXPECT_EQ(sides({1, 65536, 65536, 0, 65536}, 84, 84), (std::vector<int>{1, 0, 0})) << "reaches over more than 2^31";
}

// In 32 bits some of them would wrap around to sizes that fit.
TEST(Conv, AnImageThatIsTooLargeIsRefused) {
  const auto problem = [](std::vector<std::vector<int>> convolutions) {
    return observations_problem(ConvConfig{std::move(convolutions), {8}}, Space::bytes({4, 84, 84}));
  };
  EXPECT_EQ(problem({{16, 65, 1, 64, 1}}), "");
  for (const int padding : {1024, 16384, 65536})
    EXPECT_THAT(problem({{1, 2, 1, padding, padding}}),
                testing::HasSubstr("an image of 4 x 84 x 84 with a padding of"));
  EXPECT_THAT(problem({{65536, 1, 1, 0, 1}}), testing::HasSubstr("an image of 65536 x 84 x 84"));
  EXPECT_THAT(problem({{1, 65536, 65536, 0, 65536}}), testing::HasSubstr("reaches over 4294901761 pixels"));
  EXPECT_THAT(observations_problem(ImpalaConfig{{65536}, {8}}, Space::bytes({4, 84, 84})),
              testing::HasSubstr("an image of 65536 x 84 x 84 with a padding of 1"));
}

NetConfig conv_config(std::vector<std::vector<int>> convolutions) {
  NetConfig config;
  config.type = ConvConfig{std::move(convolutions), {8}};
  return config;
}

TEST(Conv, AWindowThatDoesNotFitIsNamed) {
  Rng rng(0);
  const auto make = [&](std::vector<std::vector<int>> convolutions, std::vector<std::int64_t> image) {
    try {
      make_net(conv_config(std::move(convolutions)), Space::bytes(std::move(image)), {{1}}, rng);
    } catch (const SpecError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_EQ(make({{4, 8, 4, 0, 1}, {4, 4, 2, 0, 1}}, {4, 84, 84}), "");
  EXPECT_EQ(make({{4, 2, 1, 0, 1}}, {6, 5}), "") << "one channel";
  EXPECT_THAT(make({{4, 8, 4, 0, 1}, {4, 3, 1, 0, 2}}, {4, 20, 84}),
              testing::HasSubstr("[4, 3, 1, 0, 2] reaches over 5 pixels, and its image is 4 x 20"));
  EXPECT_THAT(make({{4, 2, 1, 0, 1}}, {2, 3, 6, 5}), testing::HasSubstr("two or three axes"));
}

// An orthogonal start of a convolution: rows of (out, in x window) are orthonormal times the gain.
TEST(Conv, StartsAsPyTorchDoes) {
  Rng rng(3);
  ConvShape convolutions{{4, 36, 40}, {{32, 8, 4, 0, 1}}, Activation::relu, "orthogonal_"};
  ConvNet net(std::make_unique<ConvLayers>(convolutions), {.heads = {{1}}}, rng);
  const std::vector<float> weight = read_tensor(net.parameters().tensors[0], net.parameters().values);
  const auto w = Eigen::Map<const Matrix>(weight.data(), 32, 256);
  EXPECT_LT((w * w.transpose() - 2 * Matrix::Identity(32, 32)).cwiseAbs().maxCoeff(), 1e-5f);
  EXPECT_THAT(read_tensor(net.parameters().tensors[1], net.parameters().values), testing::Each(0));
  // U(-k, k), k = gain sqrt(6 / (8 x 8 x (4 + 32)))
  convolutions.init_fn = "xavier_uniform_";
  ConvNet xavier(std::make_unique<ConvLayers>(convolutions), {.heads = {{1}}}, rng);
  const float largest = std::ranges::max(read_tensor(xavier.parameters().tensors[0], xavier.parameters().values));
  EXPECT_NEAR(largest, std::sqrt(12.0f / (64 * 36)), 0.001f);
  // U(-k, k), k = 1 / sqrt(4 x 8 x 8), weight and bias
  convolutions.init_fn = "";
  ConvNet plain(std::make_unique<ConvLayers>(convolutions), {.heads = {{1}}}, rng);
  for (const std::size_t tensor : {std::size_t{0}, std::size_t{1}}) {
    const std::vector<float> start = read_tensor(plain.parameters().tensors[tensor], plain.parameters().values);
    EXPECT_LE(std::ranges::max(start), 1 / 16.0f);
    EXPECT_GT(std::ranges::max(start), 0.8f / 16);
  }
}

// A batch that is seen in training moves what evaluation is by a tenth of the way; what is asked of the net does not.
TEST(BatchNormConv, OnlyTrainingMovesTheRunningStatistics) {
  ConvNet net = small_batch_norm_net(kByteScale);
  const Parameters& parameters = net.parameters();
  const auto tensor = std::ranges::find(parameters.tensors, std::string("conv.4.running_mean"), &Tensor::name);
  ASSERT_NE(tensor, parameters.tensors.end());
  const auto mean = [&] { return Eigen::Map<const Vector>(parameters.values.data() + tensor->offset, 18).eval(); };
  Rng rng(1);
  const ByteMatrix x = random_bytes(20, net.in_dim(), rng);
  const Matrix untrained = net.infer(x);
  net.forward(x);
  EXPECT_EQ(mean(), Vector::Zero(18));
  net.forward_in_training(x);
  const Vector first = mean();
  EXPECT_GT(first.maxCoeff(), 0.01f);
  net.forward_in_training(x);
  EXPECT_TRUE(mean().isApprox(1.9f * first, 1e-5f));  // 0.9 * first + first
  const Matrix trained = net.infer(x);
  EXPECT_NE(trained, untrained) << "evaluation follows at once";
  write_tensor(*tensor, std::vector<float>(18, 0.5f), net.parameters().values);
  net.parameters_changed();
  EXPECT_NE(Matrix(net.infer(x)), trained) << "and follows what is loaded";
}

TEST(BatchNormConv, IsTheConvNetOfSpecsThatAskForIt) {
  Rng rng(0);
  const auto made = [&](bool batch_norm, std::vector<std::vector<int>> convolutions, const char* precision) {
    NetConfig config;
    config.type = ConvConfig{std::move(convolutions), {8}, /*normalize=*/true, batch_norm};
    config.precision = precision;
    return make_net(config, Space::bytes({2, 9, 8}), {{1}}, rng)->description();
  };
  const std::vector<std::vector<int>> one{{4, 3, 1, 0, 1}}, two{{4, 3, 1, 0, 1}, {4, 3, 1, 0, 1}};
  EXPECT_EQ(made(true, two, "auto").at("batch_norm"), "true");
  EXPECT_EQ(made(true, two, "auto").count("precision"), 0);
  EXPECT_EQ(made(false, two, "float32").count("batch_norm"), 0);
  EXPECT_EQ(made(true, one, "float32").count("batch_norm"), 0) << "the first convolution has none";
}

TEST(Conv, DescriptionSaysWhatAFileNeedsToBeUsed) {
  const ConvNet net = small_nature_net(kByteScale);
  EXPECT_EQ(net.description(), (std::map<std::string, std::string>{
                                   {"type", "ConvNet"},
                                   {"inputs", "[4, 36, 40]"},
                                   {"conv_hid_layers", "[[32, 8, 4, 0, 1], [16, 4, 2, 1, 1], [18, 3, 1, 0, 1]]"},
                                   {"fc_hid_layers", "[24]"},
                                   {"normalize", "true"},
                                   {"hid_layers_activation", "relu"},
                                   {"heads", "[4, 1]"},
                                   {"out_layer_activation", "[]"}}));
  EXPECT_EQ(small_impala_net(1).description(), (std::map<std::string, std::string>{{"type", "ImpalaNet"},
                                                                                   {"inputs", "[4, 21, 18]"},
                                                                                   {"channels", "[16, 18]"},
                                                                                   {"fc_hid_layers", "[24]"},
                                                                                   {"normalize", "false"},
                                                                                   {"hid_layers_activation", "relu"},
                                                                                   {"heads", "[4, 1]"},
                                                                                   {"out_layer_activation", "[]"}}));
}

}  // namespace
}  // namespace slm::conv_test
