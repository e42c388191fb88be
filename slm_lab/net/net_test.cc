// The contract of every net type, and the table of finite differences over everything a net can be made of.

#include "slm_lab/net/net.h"

#include <fmt/format.h>

#include <cmath>
#include <functional>

#include "slm_lab/base/archive.h"
#include "slm_lab/base/error.h"
#include "slm_lab/net/conv.h"
#include "slm_lab/net/conv_layers.h"
#include "slm_lab/net/dense_input.h"
#include "slm_lab/net/kernel.h"
#include "slm_lab/net/net_types.h"
#include "slm_lab/net/registry.h"
#include "slm_lab/net/trainer.h"
#include "tests/support/allocation_counter.h"
#include "tests/support/net_fixture.h"

namespace slm::net_test {
namespace {

struct Case {
  std::string name;
  NetConfig config;
  std::vector<Head> heads;
  int in_dim = 5;
  std::vector<std::int64_t> image = {};  // instead of in_dim numbers
  Space observations() const { return image.empty() ? Space::row(in_dim) : Space::bytes(image); }
  friend void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }
};

NetConfig net_config(std::vector<int> hid_layers, Activation activation) {
  NetConfig c;
  c.type = MlpConfig{std::move(hid_layers)};
  c.hid_layers_activation = activation;
  return c;
}

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const ActivationEntry& entry : kActivations)
    all.push_back({"hidden_" + std::string(entry.name), net_config({7, 6}, entry.value), {{3}}});
  for (const ActivationEntry& entry : kActivations) {
    NetConfig config = net_config({7}, Activation::tanh);
    config.out_layer_activation = {entry.value};
    all.push_back({"out_" + std::string(entry.name), config, {{2}, {1}}});
  }
  NetConfig dueling = net_config({7, 6}, Activation::tanh);
  dueling.type = DuelingMlpConfig{{7, 6}};
  all.push_back({"dueling", dueling, {{4}}});
  NetConfig mixed = net_config({7}, Activation::tanh);
  mixed.out_layer_activation = {Activation::tanh, Activation::identity, Activation::gelu};
  all.push_back({"activation_per_head", mixed, {{2}, {1}, {2}}});
  const NetConfig tanh = net_config({7, 6}, Activation::tanh);
  all.push_back({"free_log_std", tanh, {{3}, {3, true, -0.5f}}});
  all.push_back({"free_log_std_and_value", tanh, {{3}, {3, true, -0.5f}, {1}}});
  all.push_back({"free_log_std_first", tanh, {{3, true}, {2}}});
  all.push_back({"only_bias", tanh, {{3, true, 0.5f}}});
  all.push_back({"wide_head", tanh, {{40}, {1}}});
  all.push_back({"one_by_one", net_config({1}, Activation::sigmoid), {{1}}, 1});
  all.push_back({"no_hidden_layer", net_config({}, Activation::relu), {{2}, {2, true}, {1}}});
  all.push_back({"full_vectors", net_config({16, 32}, Activation::silu), {{2}}, 16});
  all.push_back({"past_a_vector", net_config({17, 33}, Activation::tanh), {{9}}, 19});
  for (const Activation activation : {Activation::tanh, Activation::relu, Activation::gelu}) {
    NetConfig config = net_config({7, 18}, activation);
    std::get<MlpConfig>(config.type).layer_norm = true;
    const std::string_view name = kActivations[static_cast<int>(activation)].name;
    all.push_back({fmt::format("layer_norm_{}", name), config, {{2}, {1}}});
  }
  for (const Activation activation : {Activation::tanh, Activation::relu, Activation::gelu}) {
    NetConfig config = net_config({7, 18}, activation);
    config.batch_renorm = BatchRenormConfig{};
    const std::string_view name = kActivations[static_cast<int>(activation)].name;
    all.push_back({fmt::format("batch_renorm_{}", name), config, {{2}, {1}}});
  }
  NetConfig normalised_dueling = net_config({}, Activation::silu);
  normalised_dueling.type = DuelingMlpConfig{{9}, true};
  all.push_back({"layer_norm_dueling", normalised_dueling, {{3}}});
  const auto conv = [&](std::string name, std::vector<std::vector<int>> convolutions, std::vector<int> dense,
                        Activation activation, std::vector<std::int64_t> image) {
    NetConfig config = net_config({}, activation);
    config.type = ConvConfig{std::move(convolutions), std::move(dense), /*normalize=*/true};
    all.push_back({std::move(name), std::move(config), {{2}, {1}}, 0, std::move(image)});
  };
  conv("conv", {{3, 3, 2, 0, 1}, {4, 2, 1, 1, 1}}, {6}, Activation::tanh, {2, 5, 7});
  conv("conv_past_a_vector", {{17, 2, 1, 0, 1}}, {5}, Activation::relu, {1, 3, 3});
  conv("conv_dilated", {{3, 2, 3, 1, 3}, {2, 2, 1, 3, 2}}, {}, Activation::gelu, {3, 4, 5});
  conv("conv_of_one_plane", {{2, 2, 1, 0, 1}}, {4}, Activation::sigmoid, {4, 3});
  for (const Activation activation : {Activation::tanh, Activation::relu, Activation::gelu}) {
    const std::string_view name = kActivations[static_cast<int>(activation)].name;
    conv(fmt::format("conv_batch_norm_{}", name), {{3, 3, 2, 0, 1}, {4, 2, 1, 1, 1}}, {6}, activation, {2, 5, 7});
    std::get<ConvConfig>(all.back().config.type).batch_norm = true;
  }
  conv("conv_batch_norm_past_a_vector", {{17, 2, 1, 0, 1}, {18, 2, 1, 2, 1}, {2, 2, 1, 0, 2}}, {}, Activation::tanh,
       {1, 3, 3});
  std::get<ConvConfig>(all.back().config.type).batch_norm = true;
  NetConfig dueling_conv = net_config({}, Activation::silu);
  dueling_conv.type = DuelingConvConfig{{{{4, 2, 2, 0, 1}}, {6}, /*normalize=*/true}};
  all.push_back({"dueling_conv", dueling_conv, {{3}}, 0, {2, 4, 4}});
  dueling_conv.type =
      DuelingConvConfig{{{{4, 2, 1, 0, 1}, {3, 2, 1, 0, 1}}, {6}, /*normalize=*/true, /*batch_norm=*/true}};
  all.push_back({"dueling_conv_batch_norm", dueling_conv, {{3}}, 0, {2, 4, 4}});
  const auto impala = [&](const char* name, std::vector<int> channels, Activation activation,
                          std::vector<std::int64_t> image) {
    NetConfig config = net_config({}, activation);
    config.type = ImpalaConfig{std::move(channels), {6}, /*normalize=*/true};
    all.push_back({name, std::move(config), {{2}, {1}}, 0, std::move(image)});
  };
  impala("impala", {3, 2}, Activation::tanh, {2, 5, 4});
  impala("impala_of_one_plane", {3}, Activation::gelu, {3, 3});
  NetConfig dueling_impala = net_config({}, Activation::silu);
  dueling_impala.type = DuelingImpalaConfig{{{2}, {4}, /*normalize=*/true}};
  all.push_back({"dueling_impala", dueling_impala, {{3}}, 0, {2, 3, 3}});
  all.push_back({"three_layers", net_config({6, 7, 8}, Activation::softplus), {{2}}});
  return all;
}

std::unique_ptr<Net> make(const Case& c, std::uint64_t seed = 3) {
  Rng rng(seed);
  std::unique_ptr<Net> net = make_net(c.config, c.observations(), c.heads, rng);
  for (const Tensor& tensor : net->parameters().tensors) {  // far enough from 0 to reach the pieces of the activations
    std::vector<float> elements = read_tensor(tensor, net->parameters().values);
    for (float& x : elements) x = 2 * x + (tensor.is_buffer ? 0.3f : 0);
    write_tensor(tensor, elements, net->parameters().values);
  }
  net->parameters_changed();
  return net;
}

class EveryNet : public testing::TestWithParam<Case> {
 protected:
  Rng rng_{11};
  std::unique_ptr<Net> net_ = make(GetParam());
  Matrix x(int n) { return random_matrix(n, net_->in_dim(), rng_); }
  Matrix d_out(int n) { return random_matrix(n, net_->out_dim(), rng_); }
};

/// Compares `gradient` with central differences of `loss` as `move(i, delta)` shifts coordinate i.
template <class Loss, class Move>
void expect_gradient(const std::vector<float>& gradient, Loss loss, Move move) {
  // Float rounding of the loss: about 20 terms of size 1, each an ulp or so off, makes 1e-6 / h = 5e-4 of the
  // difference; curvature (h^2 / 6 times a third derivative) far less. Entries of the gradient are of order 1.
  constexpr float kStep = 0x1p-9f;
  constexpr double kTolerance = 2e-3;
  const auto slope = [&](std::size_t i, float h) {
    move(i, h);
    const double up = loss();
    move(i, -2 * h);
    const double down = loss();
    move(i, h);
    return (up - down) / (2 * static_cast<double>(h));
  };
  std::size_t kinks = 0;
  for (std::size_t i = 0; i < gradient.size(); ++i) {
    const double near = slope(i, kStep / 2), far = slope(i, kStep);
    const double tolerance = kTolerance * (1 + std::abs(near));
    if (std::abs(near - far) > tolerance)
      ++kinks;  // a kink of the activation lies between the two points: no derivative to compare with
    else
      EXPECT_NEAR(static_cast<double>(gradient[i]), near, tolerance) << "entry " << i;
  }
  EXPECT_LE(kinks, gradient.size() / 5 + 1);
}

// Whatever the net does with floats it does with bytes over 255, to the last bit.
TEST_P(EveryNet, SeesBytesAsNumbersFrom0To1) {
  const int rows = 70;  // more than it takes at once
  ByteMatrix bytes(rows, net_->in_dim());
  for (std::uint8_t& byte : bytes.reshaped()) byte = static_cast<std::uint8_t>(rng_.integers(0, 256));
  const Matrix floats = bytes.cast<float>() * kByteScale;
  const std::unique_ptr<Net> other = net_->clone();
  EXPECT_EQ(Matrix(net_->infer(bytes)), Matrix(other->infer(floats)));
  for (const int n : {rows, 3, rows}) {
    const Matrix weight = d_out(n);
    EXPECT_EQ(Matrix(net_->forward(bytes.topRows(n))), Matrix(other->forward(floats.topRows(n))));
    net_->infer(bytes.bottomRows(1));  // in between, as always, changes nothing
    net_->backward(weight);
    other->backward(weight);
    EXPECT_TRUE(std::ranges::equal(net_->parameters().grads.span(), other->parameters().grads.span()));
    EXPECT_EQ(Matrix(net_->backward_input(weight)), Matrix(other->backward_input(weight)));
  }
}

/// Of sum(weight * forward(input)), for the parameters and for the inputs.
template <class Forward>
void expect_gradients(Net& net, Matrix input, const Matrix& weight, const Forward& forward) {
  const auto loss = [&] { return forward(input).template cast<double>().cwiseProduct(weight.cast<double>()).sum(); };
  forward(input);
  net.backward(weight);
  const Parameters gradients = net.parameters();
  for (const Tensor& tensor : gradients.tensors) {
    SCOPED_TRACE(tensor.name);
    if (tensor.is_buffer) {
      EXPECT_THAT(read_tensor(tensor, gradients.grads), testing::Each(0));
      continue;
    }
    std::vector<float> elements = read_tensor(tensor, gradients.values);
    expect_gradient(read_tensor(tensor, gradients.grads), loss, [&](std::size_t i, float delta) {
      elements[i] += delta;
      write_tensor(tensor, elements, net.parameters().values);
      net.parameters_changed();
    });
  }
  SCOPED_TRACE("input");
  forward(input);
  const Matrix d_x = net.backward_input(weight);
  ASSERT_EQ(d_x.rows(), input.rows());
  ASSERT_EQ(d_x.cols(), net.in_dim());
  expect_gradient({d_x.data(), d_x.data() + d_x.size()}, loss,
                  [&](std::size_t i, float delta) { input.data()[i] += delta; });
}

TEST_P(EveryNet, GradientsAgreeWithFiniteDifferences) {
  const Matrix input = x(6), weight = d_out(6);
  expect_gradients(*net_, input, weight, [&](const Matrix& x) { return Matrix(net_->forward(x)); });
}

// Where convolutions and what follows them are normalised over batches, neither by running statistics.
TEST(Net, GradientsOfImagesInTrainingAgreeWithFiniteDifferences) {
  NetConfig config = net_config({}, Activation::tanh);
  config.type = ConvConfig{{{3, 2, 1, 0, 1}, {4, 2, 2, 1, 1}}, {6, 5}, /*normalize=*/true, /*batch_norm=*/true};
  config.batch_renorm = kBatchNorm;
  const std::unique_ptr<Net> net = make({"", config, {{2}, {1}}, 0, {2, 5, 4}});
  Rng rng(11);
  const Matrix input = random_matrix(6, net->in_dim(), rng), weight = random_matrix(6, 3, rng);
  expect_gradients(*net, input, weight, [&](const Matrix& x) { return Matrix(net->forward_in_training(x)); });
}

// Large batches go through the net in pieces.
TEST_P(EveryNet, GradientOfALargeBatchIsTheSumOverItsParts) {
  constexpr int kRows = 300, kSplit = 50;  // neither part ends where a piece does
  const Matrix input = x(kRows), weight = d_out(kRows);
  const auto gradient = [&](int first, int n) {
    net_->forward(input.middleRows(first, n));
    net_->backward(weight.middleRows(first, n));
    const std::span<const float> grads = net_->parameters().grads.span();
    return std::vector<float>(grads.begin(), grads.end());
  };
  const std::vector<float> whole = gradient(0, kRows);
  const Matrix d_x = net_->backward_input(weight);
  const std::vector<float> top = gradient(0, kSplit);
  EXPECT_EQ(Matrix(net_->backward_input(weight.topRows(kSplit))), d_x.topRows(kSplit));
  const std::vector<float> rest = gradient(kSplit, kRows - kSplit);
  EXPECT_EQ(Matrix(net_->backward_input(weight.bottomRows(kRows - kSplit))), d_x.bottomRows(kRows - kSplit));
  for (std::size_t i = 0; i < whole.size(); ++i)  // sums of 300 terms of order 1, in another order
    EXPECT_NEAR(whole[i], top[i] + rest[i], 300 * 6e-8f * (10 + std::abs(whole[i]))) << i;
}

TEST_P(EveryNet, RowsWithoutAGradientPassNoneToTheirInputs) {
  constexpr int kRows = 150;
  const Matrix input = x(kRows);
  Matrix weight = d_out(kRows);
  net_->forward(input);
  const Matrix all = net_->backward_input(weight);
  const auto has_none = [](int row) { return row % 3 == 1 || (row >= 64 && row < 128); };  // also a whole piece
  for (int row = 0; row < kRows; ++row)
    if (has_none(row)) weight.row(row).setZero();
  const Matrix some = net_->backward_input(weight);
  for (int row = 0; row < kRows; ++row)
    EXPECT_EQ(some.row(row), has_none(row) ? Matrix(0 * all.row(row)) : Matrix(all.row(row))) << row;
}

TEST_P(EveryNet, ARowDoesNotDependOnTheOthers) {
  const Matrix input = x(300);  // more than infer() takes at once
  const Matrix all = net_->infer(input);
  EXPECT_EQ(all, Matrix(net_->forward(input)));
  for (const int row : {0, 127, 128, 299}) {
    EXPECT_EQ(Matrix(net_->infer(input.row(row))), Matrix(all.row(row)));
    EXPECT_EQ(Matrix(net_->infer(input.topRows(row + 1)).row(row)), Matrix(all.row(row)));
  }
}

TEST_P(EveryNet, TakesBlocksOfWiderMatrices) {
  Matrix wide = random_matrix(9, net_->in_dim() + 3, rng_), wide_d = random_matrix(9, net_->out_dim() + 2, rng_);
  const Matrix narrow = wide.middleCols(1, net_->in_dim()), narrow_d = wide_d.rightCols(net_->out_dim());
  EXPECT_EQ(Matrix(net_->infer(wide.middleCols(1, net_->in_dim()))), Matrix(net_->infer(narrow)));
  net_->forward(wide.middleCols(1, net_->in_dim()));
  net_->backward(wide_d.rightCols(net_->out_dim()));
  const Parameters from_block = net_->parameters();
  net_->forward(narrow);
  net_->backward(narrow_d);
  EXPECT_TRUE(std::ranges::equal(from_block.grads.span(), net_->parameters().grads.span()));
}

TEST_P(EveryNet, BackwardOverwritesAndInferLeavesForwardAlone) {
  const Matrix input = x(20), weight = d_out(20), other = x(200);
  net_->forward(input);
  net_->backward(weight);
  const Parameters once = net_->parameters();
  net_->backward_input(Matrix(2 * weight));
  EXPECT_TRUE(std::ranges::equal(once.grads.span(), net_->parameters().grads.span()));
  std::ranges::fill(net_->parameters().grads.span(), 0.0f);
  net_->forward(input);
  net_->infer(other);
  net_->backward_input(weight);
  net_->backward(weight);
  net_->backward(weight);
  EXPECT_TRUE(std::ranges::equal(once.grads.span(), net_->parameters().grads.span()));
}

TEST_P(EveryNet, CloneIsDeep) {
  const Matrix input = x(4);
  const std::unique_ptr<Net> copy = net_->clone();
  const Matrix before = copy->infer(input);
  EXPECT_EQ(before, Matrix(net_->infer(input)));
  Trainer trainer(net_->clone(), GetParam().config);
  trainer.forward(input);
  trainer.backward(d_out(4));
  trainer.step();
  EXPECT_NE(before, Matrix(trainer.infer(input)));
  EXPECT_EQ(before, Matrix(copy->infer(input)));
  EXPECT_EQ(before, Matrix(net_->infer(input)));
}

TEST_P(EveryNet, ComesBackFromAnArchive) {
  const Matrix input = x(4);
  Archive out;
  out("net", net_->parameters());
  Archive in = out.reopened();
  const std::unique_ptr<Net> other = make(GetParam(), /*seed=*/4);
  in("net", other->parameters());
  other->parameters_changed();
  EXPECT_EQ(Matrix(net_->infer(input)), Matrix(other->infer(input)));
  EXPECT_TRUE(std::ranges::equal(net_->parameters().values.span(), other->parameters().values.span()));
}

TEST_P(EveryNet, TrainsWithBatchesOfAnySizeAndKeepsPaddingAtZero) {
  NetConfig config = GetParam().config;
  config.optim_spec.lr = 1e-3;
  Trainer trainer(net_->clone(), config);
  const auto train = [&](int n) {
    const Matrix input = x(n);
    const Matrix out = trainer.forward(input);
    trainer.backward(out / static_cast<float>(n));  // towards 0
    const float norm = trainer.step();
    EXPECT_TRUE(std::isfinite(norm));
    return out.squaredNorm() / static_cast<float>(n);
  };
  for (const int n : {7, 64, 1, 130, 33, 2}) train(n);
  Parameters& parameters = trainer.net().parameters();
  AlignedBuffer values = parameters.values, grads = parameters.grads;
  for (const Tensor& tensor : parameters.tensors) {
    const std::vector<float> zeros(read_tensor(tensor, values).size(), 0.0f);
    write_tensor(tensor, zeros, values);
    write_tensor(tensor, zeros, grads);
  }
  EXPECT_TRUE(std::ranges::all_of(values.span(), [](float p) { return p == 0; }));
  EXPECT_TRUE(std::ranges::all_of(grads.span(), [](float g) { return g == 0; }));
}

TEST_P(EveryNet, GradientsFollowTheParametersOfEveryStep) {
  Trainer trainer(net_->clone(), GetParam().config);
  const Matrix input = x(5), weight = d_out(5);
  const auto gradients = [&](Net& net) {
    net.forward(input);
    net.backward(weight);
    return std::pair(Matrix(net.backward_input(weight)), net.parameters());
  };
  for (int i = 0; i < 3; ++i) {
    gradients(trainer.net());
    trainer.step();
  }
  const std::unique_ptr<Net> fresh = make(GetParam());  // with nothing left over from earlier parameters
  fresh->parameters().values = trainer.net().parameters().values;
  const auto [d_x, after] = gradients(trainer.net());
  const auto [fresh_d_x, fresh_after] = gradients(*fresh);
  EXPECT_EQ(d_x, fresh_d_x);
  EXPECT_TRUE(std::ranges::equal(after.grads.span(), fresh_after.grads.span()));
}

/// Of update(rows) after the first, with batches of several sizes.
long later_allocations(const std::function<void(Eigen::Index)>& update) {
  update(130);
  const long before = num_allocations();
  for (const int n : {130, 64, 1, 130}) update(n);
  return num_allocations() - before;
}

TEST_P(EveryNet, AllocatesNothingAfterTheFirstUpdate) {
  if (!kCountsAllocations) GTEST_SKIP() << "a sanitizer replaces malloc";
  NetConfig config = GetParam().config;
  config.clip_grad_val = 0.5;
  Trainer trainer(net_->clone(), config);
  const Matrix input = x(130), weight = d_out(130);
  const long allocated = later_allocations([&](Eigen::Index n) {
    trainer.infer(input.topRows(n));
    trainer.forward(input.topRows(n));
    trainer.backward(weight.topRows(n));
    trainer.backward_input(weight.topRows(n));
    trainer.step();
    trainer.forward_in_training(input.topRows(n));
    trainer.backward(weight.topRows(n));
    trainer.backward_input(weight.topRows(n));
    trainer.step();
    trainer.advance(n, true);
  });
  EXPECT_EQ(allocated, 0);
  const long before = num_allocations();
  const AlignedBuffer more(8);
  const Matrix more_of_eigens(2, 2);
  EXPECT_EQ(num_allocations() - before, 2);  // it does count
}

void expect_no_allocations_in_bf16(Net& net) {
  if (!kCountsAllocations) GTEST_SKIP() << "a sanitizer replaces malloc";
  const Matrix x = Matrix::Constant(130, net.in_dim(), 0.5f), d_out = Matrix::Constant(130, net.out_dim(), 0.5f);
  const long allocated = later_allocations([&](Eigen::Index n) {
    net.infer(x.topRows(n));
    net.forward(x.topRows(n));
    net.backward(d_out.topRows(n));
    net.backward_input(d_out.topRows(n));
    net.parameters_changed();
  });
  EXPECT_EQ(allocated, 0);
}

TEST(NetInBf16, AllocatesNothingAfterTheFirstUpdate) {
  MlpShape dense{.in_dim = 11, .hid_layers = {40, 70}, .hidden = Activation::tanh, .heads = {{3}, {2, true}, {1}}};
  dense.bf16 = &kBf16KernelsPortableAmx;
  Rng rng(0);
  MlpNet mlp(dense, rng);
  expect_no_allocations_in_bf16(mlp);
  ConvShape convolutions{{2, 6, 5}, {{5, 3, 1, 1, 1}, {33, 2, 2, 0, 1}}, Activation::tanh};
  convolutions.bf16 = &kBf16KernelsPortableAmx;
  ConvNet conv(std::make_unique<ConvLayers>(convolutions), dense, rng);
  expect_no_allocations_in_bf16(conv);
}

INSTANTIATE_TEST_SUITE_P(Table, EveryNet, testing::ValuesIn(cases()), [](const auto& row) { return row.param.name; });

template <std::size_t... kIndex>
std::vector<NetTypeConfig> every_type(std::index_sequence<kIndex...>) {
  return {NetTypeConfig(std::in_place_index<kIndex>)...};
}

Space image() { return Space::bytes({1, 4, 3}); }

TEST(Net, EveryTypeIsInTheTableOrNotInThisVersion) {
  Rng rng(0);
  for (const NetTypeConfig& type : every_type(std::make_index_sequence<std::variant_size_v<NetTypeConfig>>())) {
    NetConfig config = net_config({4}, Activation::relu);
    config.type = type;
    const auto with_type = [&](const Case& c) { return c.config.type.index() == type.index(); };
    const std::vector<Case> all = cases();
    if (std::ranges::any_of(all, with_type)) continue;
    try {
      make_net(config, net_type_name(type).find("Conv") == std::string::npos ? Space::row(2) : image(), {{1}}, rng);
      ADD_FAILURE() << net_type_name(type) << " can be made and is not tested";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::missing);
      EXPECT_THAT(error.what(),
                  testing::HasSubstr(fmt::format("{}: {}", net_type_name(type), missing_for_net(net_type_name(type)))));
    }
  }
}

}  // namespace
}  // namespace slm::net_test
