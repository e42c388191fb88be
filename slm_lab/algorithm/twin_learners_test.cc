#include "slm_lab/algorithm/twin_learners.h"

#include <gtest/gtest.h>

#include <limits>
#include <span>
#include <vector>

#include "slm_lab/base/error.h"
#include "slm_lab/base/thread_pool.h"

namespace slm::twin_learners_test {
namespace {

constexpr int kInputs = 6, kBatch = 130;

NetConfig twin_config() {
  NetConfig config;
  config.type = MlpConfig{{70, 60}};  // enough that threads are worth it for the batch
  config.hid_layers_activation = Activation::tanh;
  return config;
}

Matrix noise_matrix(Eigen::Index rows, Eigen::Index cols, std::uint64_t seed) {
  Rng rng(seed);
  Matrix m(rows, cols);
  for (float& x : m.reshaped()) x = static_cast<float>(rng.uniform(-1, 1));
  return m;
}

struct Learnt {
  Matrix q[2], min_q;
  Vector td_errors;
  double loss = 0, grad_norm = 0, q_value = 0, td_error = 0;
  std::vector<float> weights[2];
};

Learnt learnt(int threads) {
  ThreadPool pool(threads);
  TwinLearners twins("Test", twin_config(), Space::row(kInputs), 3, Streams(1, 0, 0));
  if (threads > 1) twins.share_work(pool);
  const Matrix inputs = noise_matrix(kBatch, kInputs, 2);
  const Matrix columns = Matrix::Constant(kBatch, 1, 1);
  const Vector targets = noise_matrix(kBatch, 1, 3).col(0), weights = Vector::Ones(kBatch);
  Learnt l;
  for (int i = 0; i < 3; ++i) {
    twins.forward_in_training(inputs);
    const TwinLearners::Fit fit = twins.step(columns, targets, weights);
    l.loss += fit.loss;
    l.grad_norm += fit.grad_norm;
    l.q_value += fit.q_value;
    l.td_error += fit.td_error;
  }
  l.min_q = twins.min_q();
  l.td_errors = twins.td_errors();
  for (std::size_t i = 0; i < 2; ++i) {
    l.q[i] = twins.q_values(i);
    const std::span<const float> values = twins.learner(i).net().parameters().values.span();
    l.weights[i].assign(values.begin(), values.end());
  }
  return l;
}

// Two and three threads take a critic each, four share each of them.
TEST(TwinLearners, LearnTheSameBitsWithAnyNumberOfThreads) {
  const Learnt alone = learnt(1);
  EXPECT_NE(alone.weights[0], alone.weights[1]);
  EXPECT_EQ(alone.min_q, alone.q[0].cwiseMin(alone.q[1]));
  for (const int threads : {2, 3, 4}) {
    SCOPED_TRACE(threads);
    const Learnt together = learnt(threads);
    EXPECT_EQ(together.min_q, alone.min_q);
    EXPECT_EQ(together.td_errors, alone.td_errors);
    EXPECT_EQ(together.loss, alone.loss);
    EXPECT_EQ(together.grad_norm, alone.grad_norm);
    EXPECT_EQ(together.q_value, alone.q_value);
    EXPECT_EQ(together.td_error, alone.td_error);
    for (std::size_t i = 0; i < 2; ++i) {
      EXPECT_EQ(together.q[i], alone.q[i]);
      EXPECT_EQ(together.weights[i], alone.weights[i]);
    }
  }
}

// The first critic's error is the one that is told, whoever meets one first.
TEST(TwinLearners, ThrowWhatTheFirstCriticMeets) {
  ThreadPool pool(2);
  TwinLearners twins("Test", twin_config(), Space::row(kInputs), 1, Streams(1, 0, 0));
  twins.share_work(pool);
  twins.forward_in_training(noise_matrix(kBatch, kInputs, 2));
  const Vector targets = Vector::Constant(kBatch, std::numeric_limits<float>::infinity());
  EXPECT_THROW(twins.step(Matrix::Zero(kBatch, 1), targets, Vector::Ones(kBatch)), Error);
}

}  // namespace
}  // namespace slm::twin_learners_test
