#include "slm_lab/net/trainer.h"

#include <limits>

#include "slm_lab/base/archive.h"
#include "slm_lab/base/thread_pool.h"
#include "slm_lab/net/registry.h"
#include "tests/support/net_fixture.h"

namespace slm::trainer_test {
namespace {

NetConfig small_config() {
  NetConfig c;
  c.type = MlpConfig{{4}};
  c.hid_layers_activation = Activation::tanh;
  return c;
}

Trainer make_trainer(const NetConfig& config, std::uint64_t seed = 0) {
  Rng rng(seed);
  return Trainer(make_net(config, Space::row(2), {{1}}, rng), config);
}

std::vector<float> values_of(Trainer& trainer) {
  const std::span<const float> values = trainer.net().parameters().values.span();
  return {values.begin(), values.end()};
}

TEST(Trainer, ClipsByTheNormOfAllParameters) {
  // Plain gradient descent with rate 1 from grads (3, 4, 0, ...): norm 5, clipped to 1: steps of 0.6 and 0.8.
  NetConfig config = small_config();
  config.optim_spec = default_optimizer("SGD");
  config.optim_spec.lr = 1;
  config.clip_grad_val = 1;
  Trainer trainer = make_trainer(config);
  Parameters& parameters = trainer.net().parameters();
  const std::vector<float> before = values_of(trainer);
  parameters.grads.data()[0] = 3;
  parameters.grads.data()[1] = 4;
  EXPECT_FLOAT_EQ(trainer.step(), 5);
  EXPECT_NEAR(before[0] - parameters.values.data()[0], 0.6, 1e-6);
  EXPECT_NEAR(before[1] - parameters.values.data()[1], 0.8, 1e-6);
  parameters.grads.data()[0] = 0.3f;
  parameters.grads.data()[1] = 0.4f;
  const std::vector<float> again = values_of(trainer);
  EXPECT_FLOAT_EQ(trainer.step(), 0.5);  // below the bound: as it is
  EXPECT_NEAR(again[0] - parameters.values.data()[0], 0.3, 1e-6);
}

// A net large enough that threads share the optimiser too.
TEST(Trainer, StepsToTheSameBitsWithAnyNumberOfThreads) {
  NetConfig config = small_config();
  config.type = MlpConfig{{200, 210}};
  config.clip_grad_val = 0.5;
  const Matrix x = Matrix::Random(130, 2), d_out = Matrix::Random(130, 1);
  const auto trained = [&](int threads) {
    ThreadPool pool(threads);
    Trainer trainer = make_trainer(config);
    if (threads > 1) trainer.net().share_work(pool);
    for (int i = 0; i < 3; ++i) {
      trainer.forward(x);
      trainer.backward(d_out);
      trainer.step();
    }
    return values_of(trainer);
  };
  const std::vector<float> alone = trained(1);
  for (const int threads : {2, 3}) EXPECT_EQ(trained(threads), alone);
}

TEST(Trainer, LeavesEverythingAloneWhereTheGradientIsNotFinite) {
  Trainer trainer = make_trainer(small_config());
  const std::vector<float> before = values_of(trainer);
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    trainer.net().parameters().grads.data()[0] = bad;
    EXPECT_FALSE(std::isfinite(trainer.step()));
  }
  EXPECT_EQ(values_of(trainer), before);
  EXPECT_EQ(trainer.opt_step(), 0);
}

TEST(Trainer, FitsARegression) {
  NetConfig config = small_config();
  config.type = MlpConfig{{32}};
  config.optim_spec.lr = 0.01;
  Trainer trainer = make_trainer(config);
  Rng rng(1);
  const Matrix x = random_matrix(64, 2, rng);
  const Vector target = x.col(0).cwiseProduct(x.col(1));
  Vector d(64);
  double loss = 0;
  for (int i = 0; i < 1000; ++i) {
    loss = mean_loss(config.loss_spec, Vector(trainer.forward(x).col(0)), target, d);
    trainer.backward(Matrix(d));
    trainer.step();
  }
  EXPECT_LT(loss, 0.01);
  EXPECT_EQ(trainer.opt_step(), 1000);
}

TEST(Trainer, TheScheduleCountsFramesOrRoundsOfTraining) {
  NetConfig config = small_config();
  config.optim_spec.lr = 0.4;
  config.lr_scheduler_spec.name = "LinearToZero";
  config.lr_scheduler_spec.frame = 100;
  Trainer by_frame = make_trainer(config);
  by_frame.advance(25, false);
  EXPECT_DOUBLE_EQ(by_frame.lr(), 0.3);
  config.lr_scheduler_spec.name = "ExponentialLR";
  config.lr_scheduler_spec.gamma = 0.5;
  Trainer by_round = make_trainer(config);
  by_round.advance(25, false);
  EXPECT_DOUBLE_EQ(by_round.lr(), 0.4);
  by_round.advance(26, true);
  EXPECT_DOUBLE_EQ(by_round.lr(), 0.2);
}

TEST(Trainer, SavesTheRateOfTheFrameThatItCameTo) {
  NetConfig config = small_config();
  config.optim_spec = default_optimizer("SGD");
  config.optim_spec.lr = 0.4;
  config.lr_scheduler_spec.name = "LinearToZero";
  config.lr_scheduler_spec.frame = 100;
  Trainer whole = make_trainer(config), resumed = make_trainer(config, /*seed=*/1);
  whole.advance(25, false);
  resumed.advance(75, false);
  Archive out;
  out("trainer", whole);
  Archive in = out.reopened();
  in("trainer", resumed);
  EXPECT_DOUBLE_EQ(resumed.lr(), 0.3);
  const float before = resumed.net().parameters().values.data()[0];
  resumed.net().parameters().grads.data()[0] = 1;
  resumed.step();
  EXPECT_NEAR(before - resumed.net().parameters().values.data()[0], 0.3, 1e-6);
}

TEST(Trainer, GoesOnAfterLoadingAsIfNothingHadHappened) {
  NetConfig config = small_config();
  config.lr_scheduler_spec.name = "ExponentialLR";
  config.lr_scheduler_spec.gamma = 0.5;
  config.clip_grad_val = 0.5;
  Trainer whole = make_trainer(config), resumed = make_trainer(config, /*seed=*/1);
  Rng rng(2);
  const Matrix x = random_matrix(8, 2, rng), d = random_matrix(8, 1, rng);
  const auto train = [&](Trainer& trainer, std::int64_t frame) {
    trainer.forward(x);
    trainer.backward(d);
    trainer.step();
    trainer.advance(frame, true);
  };
  for (int i = 0; i < 3; ++i) train(whole, i);
  Archive out;
  out("trainer", whole);
  Archive in = out.reopened();
  in("trainer", resumed);
  EXPECT_EQ(values_of(whole), values_of(resumed));
  EXPECT_EQ(whole.lr(), resumed.lr());
  for (int i = 3; i < 6; ++i) {
    train(whole, i);
    train(resumed, i);
  }
  EXPECT_EQ(values_of(whole), values_of(resumed));
  EXPECT_EQ(whole.lr(), resumed.lr());
  EXPECT_EQ(resumed.opt_step(), 6);
}

}  // namespace
}  // namespace slm::trainer_test
