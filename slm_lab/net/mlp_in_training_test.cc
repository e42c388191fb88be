// Nets with batch renormalisation over some batches of training, against the same in double precision.
#include <algorithm>

#include "slm_lab/net/mlp.h"
#include "slm_lab/net/trainer.h"
#include "tests/support/double_net.h"
#include "tests/support/net_fixture.h"

namespace slm::mlp_in_training_test {
namespace {

void expect_equal_to_double(const std::vector<int>& hid_layers, int rows) {
  const BatchRenormConfig config{.momentum = 0.1, .eps = 1e-3, .r_max = 1.5, .d_max = 0.5, .warmup_steps = 4};
  Rng rng(5);
  MlpNet net(
      {.in_dim = 4, .hid_layers = hid_layers, .hidden = Activation::tanh, .heads = {{2}}, .batch_renorm = config}, rng);
  DoubleNet in_double(net);
  in_double.batch_renorm = config;
  for (int batch = 0; batch < 8; ++batch) {
    SCOPED_TRACE(batch);
    const Matrix x = (random_matrix(rows, 4, rng) * (1 + 0.2f * static_cast<float>(batch))).array() + 0.5f,
                 d_out = random_matrix(rows, 2, rng);
    const MatrixD x_d = x.cast<double>();
    const std::vector<DoubleNet::Correction> fixed = in_double.corrections(x_d);
    const MatrixD out = in_double.in_training(x_d, fixed);
    EXPECT_LT((Matrix(net.forward_in_training(x)).cast<double>() - out).cwiseAbs().maxCoeff(), 1e-5);
    const std::vector<double> gradient =
        in_double.gradient([&] { return in_double.in_training(x_d, fixed).cwiseProduct(d_out.cast<double>()).sum(); });
    net.backward(d_out);
    std::vector<float> gradients;
    for (const Tensor& tensor : net.parameters().tensors)
      for (const float d : read_tensor(tensor, net.parameters().grads)) gradients.push_back(d);
    ASSERT_EQ(gradients.size(), gradient.size());
    for (std::size_t i = 0; i < gradient.size(); ++i)
      EXPECT_NEAR(static_cast<double>(gradients[i]), gradient[i], 1e-4 * (1 + std::abs(gradient[i]))) << i;
    in_double.follow_batch(x_d, fixed);
    EXPECT_LT(in_double.distance(net), 1e-5);
    EXPECT_LT((Matrix(net.infer(x)).cast<double>() - in_double(x_d)).cwiseAbs().maxCoeff(), 1e-5);
  }
}

TEST(MlpInTraining, ValuesGradientsAndRunningStatisticsAreThoseOfDoublePrecision) {
  expect_equal_to_double({6, 5}, 20);
  expect_equal_to_double({5}, 24);
  expect_equal_to_double({17}, 150);  // more than a piece of a batch
}

TEST(MlpInTraining, AHeadAlonePassesItsGradientBack) {
  Rng rng(5);
  const MlpShape plain{.in_dim = 4, .hid_layers = {}, .heads = {{2}}};
  MlpShape normalised = plain;
  normalised.batch_renorm = BatchRenormConfig{};
  Rng init(1), same_init(1);
  MlpNet of_plain(plain, init), of_normalised(normalised, same_init);
  const Matrix x = random_matrix(20, 4, rng), d_out = random_matrix(20, 2, rng);
  of_plain.forward_in_training(x);
  of_normalised.forward_in_training(x);
  EXPECT_EQ(Matrix(of_normalised.backward_input(d_out)), Matrix(of_plain.backward_input(d_out)));
}

}  // namespace
}  // namespace slm::mlp_in_training_test
