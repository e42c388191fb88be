#include "slm_lab/net/mlp.h"

#include <algorithm>
#include <numeric>

#include "slm_lab/base/archive.h"
#include "slm_lab/base/error.h"
#include "slm_lab/base/thread_pool.h"
#include "slm_lab/net/dueling.h"
#include "slm_lab/net/trainer.h"
#include "tests/support/net_fixture.h"

namespace slm::mlp_test {
namespace {

/// Nets of 3 inputs, hidden layers of 5 and 4, and heads of 2 and 1.
void expect_mlps_equal_to_pytorchs(const JsonNode& cases, bool layer_norm) {
  for (const JsonNode& c : cases.elements) {
    SCOPED_TRACE(c.find("activation")->text);
    Rng rng(0);
    MlpNet net({3, {5, 4}, activation_named(c.find("activation")->text), {}, {{2}, {1}}, {}, layer_norm}, rng);
    expect_equal_to_pytorchs(c, net);
  }
}

TEST(Mlp, OutputsAndGradientsAgreeWithPyTorch) {
  const JsonNode nets = fixture("nets");
  EXPECT_EQ(nets.elements.size() + 1, std::size(kActivations));  // all but identity
  expect_mlps_equal_to_pytorchs(nets, false);
}

TEST(Mlp, LayerNormalisationAgreesWithPyTorch) {
  const JsonNode nets = fixture("layer_norms");
  EXPECT_EQ(nets.elements.size(), 3);
  expect_mlps_equal_to_pytorchs(nets, true);
}

TEST(Mlp, BatchNormalisationInTrainingAgreesWithPyTorch) {
  const JsonNode nets = fixture("batch_norms");
  EXPECT_EQ(nets.elements.size(), 3);
  for (const JsonNode& c : nets.elements) {
    SCOPED_TRACE(c.find("activation")->text);
    Rng rng(0);
    MlpNet net({.in_dim = 3,
                .hid_layers = {5, 4},
                .hidden = activation_named(c.find("activation")->text),
                .heads = {{2}, {1}},
                .batch_renorm = kBatchNorm},
               rng);
    expect_equal_to_pytorchs_in_training(c, net);
  }
}

TEST(Mlp, NamesTheBuffersOfBatchRenormalisationAsPyTorchsBatchNormalisation) {
  Rng rng(0);
  MlpNet net({.in_dim = 3,
              .hid_layers = {5, 4},
              .heads = {{2}},
              .init_fn = "orthogonal_",
              .batch_renorm = BatchRenormConfig{}},
             rng);
  std::vector<std::string> names, buffers;
  for (const Tensor& tensor : net.parameters().tensors) {
    names.push_back(tensor.name);
    if (tensor.is_buffer) buffers.push_back(tensor.name);
    const std::vector<float> values = read_tensor(tensor, net.parameters().values);
    if (tensor.is_buffer || tensor.name.starts_with("body.1.") || tensor.name.starts_with("body.4.")) {
      EXPECT_THAT(values, testing::Each(tensor.name.ends_with("weight") || tensor.name.ends_with("var") ? 1 : 0));
    }
  }
  EXPECT_THAT(
      names, testing::ElementsAre("body.0.weight", "body.0.bias", "body.1.weight", "body.1.bias", "body.1.running_mean",
                                  "body.1.running_var", "body.1.num_batches_tracked", "body.3.weight", "body.3.bias",
                                  "body.4.weight", "body.4.bias", "body.4.running_mean", "body.4.running_var",
                                  "body.4.num_batches_tracked", "tails.0.weight", "tails.0.bias"));
  EXPECT_EQ(buffers.size(), 6);
}

// Neither a step nor its weight decay reaches them; an archive holds them.
TEST(Mlp, BuffersMoveWithBatchesAlone) {
  Rng rng(0);
  NetConfig config;
  config.optim_spec.name = "AdamW";
  config.optim_spec.weight_decay = 0.5;
  config.optim_spec.lr = 0.1;
  const MlpShape shape{.in_dim = 3, .hid_layers = {5}, .heads = {{1}}, .batch_renorm = BatchRenormConfig{}};
  Trainer trainer(std::make_unique<MlpNet>(shape, rng), config);
  const auto buffers = [](Net& net) {
    std::vector<float> values;
    for (const Tensor& tensor : net.parameters().tensors)
      if (tensor.is_buffer)
        for (const float value : read_tensor(tensor, net.parameters().values)) values.push_back(value);
    return values;
  };
  const std::vector<float> start = buffers(trainer.net());
  const Matrix x = random_matrix(20, 3, rng), d = random_matrix(20, 1, rng);
  trainer.infer(x);
  trainer.forward(x);
  trainer.backward(d);
  trainer.step();
  EXPECT_EQ(buffers(trainer.net()), start);
  trainer.forward_in_training(x);
  const std::vector<float> seen = buffers(trainer.net());
  EXPECT_EQ(std::ranges::mismatch(seen, start).in1, seen.begin());
  EXPECT_EQ(seen.back(), 1);
  trainer.backward(d);
  trainer.step();
  EXPECT_EQ(buffers(trainer.net()), seen);
  const Matrix out = trainer.infer(x);
  Archive archive;
  archive("net", trainer.net().parameters());
  Archive in = archive.reopened();
  MlpNet other(shape, rng);
  in("net", other.parameters());
  other.parameters_changed();
  EXPECT_EQ(Matrix(other.infer(x)), out);
}

TEST(Mlp, LayerNormalisationStartsAsPyTorchsWhateverTheInit) {
  Rng rng(0), same_rng(0);
  MlpNet plain({3, {5, 4}, Activation::relu, {}, {{2}}, "orthogonal_"}, same_rng);
  MlpNet net({3, {5, 4}, Activation::relu, {}, {{2}}, "orthogonal_", true}, rng);
  std::vector<std::string> names;
  for (const Tensor& tensor : net.parameters().tensors) {
    names.push_back(tensor.name);
    const std::vector<float> values = read_tensor(tensor, net.parameters().values);
    if (tensor.name == "body.1.weight" || tensor.name == "body.4.weight") {
      EXPECT_THAT(values, testing::Each(1));
    }
    if (tensor.name == "body.1.bias" || tensor.name == "body.4.bias") {
      EXPECT_THAT(values, testing::Each(0));
    }
  }
  EXPECT_THAT(names,
              testing::ElementsAre("body.0.weight", "body.0.bias", "body.1.weight", "body.1.bias", "body.3.weight",
                                   "body.3.bias", "body.4.weight", "body.4.bias", "tails.0.weight", "tails.0.bias"));
  // The rest is drawn as without it.
  EXPECT_EQ(read_tensor(net.parameters().tensors[8], net.parameters().values),
            read_tensor(plain.parameters().tensors[4], plain.parameters().values));
}

// Threads share the pieces of a batch, and no bit depends on them. The last piece is a short one.
void expect_same_bits_with_any_number_of_threads(bool layer_norm) {
  Rng rng(3);
  const Matrix x = random_matrix(300, 5, rng), d_out = random_matrix(300, 6, rng);
  MlpNet alone({5, {70, 60}, Activation::silu, {}, {{3}, {2, true}, {1}}, {}, layer_norm}, rng);
  ASSERT_GE(300 * alone.parameters().values.size(), 500'000U) << "less work is not shared";
  Matrix d_some = d_out;  // rows without a gradient are left out on the way to the inputs
  for (int row = 0; row < 300; row += 3) d_some.row(row).setZero();
  const Matrix inferred = alone.infer(x), out = alone.forward(x);
  alone.backward(d_out);
  const std::vector<float> expected(alone.parameters().grads.span().begin(), alone.parameters().grads.span().end());
  const Matrix d_x = alone.backward_input(d_out), d_x_of_some = alone.backward_input(d_some);
  for (const int threads : {1, 2, 3, 8}) {
    ThreadPool pool(threads);
    MlpNet net(alone);
    net.share_work(pool);
    for (int repetition = 0; repetition < 3; ++repetition) {
      EXPECT_EQ(Matrix(net.infer(x)), inferred);
      EXPECT_EQ(Matrix(net.forward(x)), out);
      net.backward(d_out);
      EXPECT_TRUE(std::ranges::equal(net.parameters().grads.span(), expected)) << threads << " threads";
      EXPECT_EQ(Matrix(net.backward_input(d_out)), d_x);
      EXPECT_EQ(Matrix(net.backward_input(d_some)), d_x_of_some);
    }
  }
}

TEST(Mlp, GradientsAreTheSameBitsWithAnyNumberOfThreads) {
  for (const bool layer_norm : {false, true}) expect_same_bits_with_any_number_of_threads(layer_norm);
}

// Each piece is summed by itself, then the pieces in their order: so a batch is the sum of its pieces, to the bit.
TEST(Mlp, AGradientIsTheSumOfThoseOfItsPieces) {
  Rng rng(4);
  const Matrix x = random_matrix(150, 5, rng), d_out = random_matrix(150, 4, rng);
  MlpNet net({5, {16}, Activation::tanh, {}, {{3}, {1}}, {}}, rng);
  std::vector<float> sum(net.parameters().grads.size());
  for (const auto& [first, n] : {std::pair{0, 64}, {64, 64}, {128, 22}}) {
    const Matrix piece = x.middleRows(first, n);
    net.forward(piece);
    net.backward(Matrix(d_out.middleRows(first, n)));
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += net.parameters().grads.data()[i];
  }
  net.forward(x);
  net.backward(d_out);
  EXPECT_TRUE(std::ranges::equal(net.parameters().grads.span(), sum));
}

TEST(Mlp, TakesWeightsInPyTorchsShapes) {
  // One hidden unit of two inputs: relu(2 * 3 + 10 * 1 + 0.5) = 16.5; heads 3 * 16.5 + 1 and the free 7.
  Rng rng(0);
  MlpNet net({2, {1}, Activation::relu, {}, {{1}, {1, true, 7}}, {}}, rng);
  std::vector<std::string> names;
  for (const Tensor& tensor : net.parameters().tensors) names.push_back(tensor.name);
  EXPECT_THAT(names,
              testing::ElementsAre("body.0.weight", "body.0.bias", "tails.0.weight", "tails.0.bias", "tails.1.bias"));
  const std::vector<std::vector<float>> values = {{2, 10}, {0.5}, {3}, {1}};
  for (std::size_t i = 0; i < values.size(); ++i)
    write_tensor(net.parameters().tensors[i], values[i], net.parameters().values);
  net.parameters_changed();
  EXPECT_EQ(Matrix(net.infer(Matrix{{3, 1}})), (Matrix{{50.5, 7}}));
  // Bytes over 255: relu(2 * 0.2 + 10 * 1 + 0.5) = 10.9; 3 * 10.9 + 1.
  EXPECT_TRUE(Matrix(net.infer(ByteMatrix{{51, 255}})).isApprox(Matrix{{33.7f, 7}}, 1e-6f));
}

// Beside what they show, features leave the net as it is: its outputs and its gradients, whatever theirs are.
TEST(Mlp, FeaturesAreTheLastHiddenLayerAndPassNoGradient) {
  Rng rng(1), same_rng(1), data(2);
  const Head free{1, true, 7};
  const Head features{.width = 20, .features = true};
  MlpNet plain({3, {8, 20}, Activation::tanh, {}, {{2}, free, {1}}, {}}, rng);
  MlpNet showing({3, {8, 20}, Activation::tanh, {}, {{2}, free, features, {1}}, {}}, same_rng);
  ASSERT_EQ(showing.parameters().tensors.size(), plain.parameters().tensors.size());
  const Matrix x = random_matrix(70, 3, data), d = random_matrix(70, 4, data);
  Matrix d_showing = random_matrix(70, 24, data);
  d_showing << d.leftCols(3), random_matrix(70, 20, data), d.rightCols(1);
  const Matrix outputs = plain.forward(x), shown = showing.forward(x), inferred = showing.infer(x);
  EXPECT_EQ(inferred, shown);
  EXPECT_EQ(Matrix(shown.leftCols(3)), Matrix(outputs.leftCols(3)));
  EXPECT_EQ(Matrix(shown.rightCols(1)), Matrix(outputs.rightCols(1)));
  // The first head is linear in them.
  const auto& tensors = showing.parameters().tensors;
  const std::vector<float> weight = read_tensor(tensors[4], showing.parameters().values),
                           bias = read_tensor(tensors[5], showing.parameters().values);
  ASSERT_EQ(tensors[4].name, "tails.0.weight");
  const Matrix expected =
      (shown.middleCols(3, 20) * Eigen::Map<const Matrix>(weight.data(), 2, 20).transpose()).rowwise() +
      Eigen::Map<const Eigen::RowVectorXf>(bias.data(), 2);
  EXPECT_LT((expected - shown.leftCols(2)).cwiseAbs().maxCoeff(), 1e-5);
  plain.backward(d);
  showing.backward(d_showing);
  for (std::size_t i = 0; i < tensors.size(); ++i)
    EXPECT_EQ(read_tensor(tensors[i], showing.parameters().grads),
              read_tensor(plain.parameters().tensors[i], plain.parameters().grads))
        << tensors[i].name;
}

TEST(Mlp, TheHiddenGainAppliesToTheHeadsUnlessTheySayOtherwise) {
  Rng rng(0);
  MlpNet net({8, {8}, Activation::tanh, {}, {{4}, {1, false, 0.25f, 0.01f}}, "orthogonal_"}, rng);
  const auto weight_of = [&](std::size_t i) {
    const Tensor& tensor = net.parameters().tensors[i];
    const std::vector<float> w = read_tensor(tensor, net.parameters().values);
    return Matrix(Eigen::Map<const Matrix>(w.data(), tensor.shape[0], tensor.shape[1]));
  };
  for (const std::size_t i : {0, 2}) {
    const Matrix w = weight_of(i);
    EXPECT_TRUE((w * w.transpose()).isApprox(25.0f / 9 * Matrix::Identity(w.rows(), w.rows()), 1e-5f));
  }
  EXPECT_NEAR(weight_of(4).norm(), 0.01, 1e-6);
  const auto bias_of = [&](std::size_t i) { return read_tensor(net.parameters().tensors[i], net.parameters().values); };
  EXPECT_THAT(bias_of(1), testing::Each(0));
  EXPECT_THAT(bias_of(3), testing::Each(0));
  EXPECT_THAT(bias_of(5), testing::Each(0.25f));
}

TEST(Mlp, SameSeedSameNet) {
  Rng a(5), b(5), c(6);
  const MlpShape shape{3, {4}, Activation::relu, {}, {{2}}, {}};
  MlpNet net_a(shape, a), net_b(shape, b), net_c(shape, c);
  EXPECT_TRUE(std::ranges::equal(net_a.parameters().values.span(), net_b.parameters().values.span()));
  EXPECT_FALSE(std::ranges::equal(net_a.parameters().values.span(), net_c.parameters().values.span()));
}

TEST(Mlp, LoadingRefusesAnotherShape) {
  Rng rng(0);
  MlpNet small({3, {4}, Activation::relu, {}, {{2}}, {}}, rng), large({3, {5}, Activation::relu, {}, {{2}}, {}}, rng);
  Archive out;
  out("net", small.parameters());
  Archive in = out.reopened();
  EXPECT_THROW(in("net", large.parameters()), Error);
}

TEST(Dueling, CombinesValueAndAdvantage) {
  // Weights 0: V = 1 and A = (3, 6, 0) come from the biases; Q = 1 + A - 3.
  Rng rng(0);
  DuelingNet net(std::make_unique<MlpNet>(MlpShape{2, {4}, Activation::relu, {}, dueling_heads({3}), "zeros_"}, rng));
  const auto& tensors = net.parameters().tensors;
  ASSERT_EQ(tensors[3].name, "tails.0.bias");
  write_tensor(tensors[3], std::vector<float>{1}, net.parameters().values);
  write_tensor(tensors[5], std::vector<float>{3, 6, 0}, net.parameters().values);
  net.parameters_changed();
  EXPECT_EQ(Matrix(net.infer(Matrix{{9, 9}})), (Matrix{{1, 4, -2}}));
}

TEST(Polyak, MovesTheTargetTowardsTheOnlineNet) {
  Rng rng(0);
  const MlpShape shape{1, {1}, Activation::identity, {}, {{1}}, "ones_"};
  MlpNet online(shape, rng), target(shape, rng);
  write_tensor(online.parameters().tensors[0], std::vector<float>{5}, online.parameters().values);
  polyak(target.parameters(), online.parameters(), 0.25f);
  EXPECT_FLOAT_EQ(read_tensor(target.parameters().tensors[0], target.parameters().values)[0], 2);
  polyak(target.parameters(), online.parameters(), 1);
  EXPECT_EQ(read_tensor(target.parameters().tensors[0], target.parameters().values)[0], 5);
}

TEST(Tensor, StoredTransposedReadsInPyTorchsOrder) {
  // (out 2, in 3), stored as (3, 2) with rows of 16.
  AlignedBuffer buffer(3 * 16);
  const Tensor tensor{"w", {2, 3}, 0, 16, true};
  std::vector<float> values(6);
  std::iota(values.begin(), values.end(), 1.0f);
  write_tensor(tensor, values, buffer);
  EXPECT_EQ(buffer.data()[16], 2);  // out 0, in 1
  EXPECT_EQ(buffer.data()[1], 4);   // out 1, in 0
  EXPECT_EQ(read_tensor(tensor, buffer), values);
}

}  // namespace
}  // namespace slm::mlp_test
