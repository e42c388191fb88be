#include "slm_lab/algorithm/temperature.h"

#include <gtest/gtest.h>

#include <cmath>

namespace slm::temperature_test {
namespace {

TEST(Temperature, FallsWhileThereIsMoreEntropyThanWanted) {
  OptimizerConfig sgd = default_optimizer("SGD");
  Temperature temperature({}, sgd, /*target_entropy=*/0.5);
  EXPECT_EQ(temperature.alpha(), 1);
  temperature.train(0.7, 0.1);  // log alpha -= 0.1 * (0.7 - 0.5)
  EXPECT_NEAR(temperature.alpha(), std::exp(-0.02), 1e-6);
  temperature.train(0.1, 0.1);
  EXPECT_NEAR(temperature.alpha(), std::exp(0.02), 1e-6);
}

TEST(Temperature, StaysWithinItsBoundsOrFixed) {
  OptimizerConfig sgd = default_optimizer("SGD");
  Temperature temperature({}, sgd, 0.0);
  temperature.train(1e6, 1.0);
  EXPECT_NEAR(temperature.alpha(), std::exp(-5.0), 1e-6);
  Temperature fixed({.fixed_alpha = 0.2}, sgd, 0.0);
  fixed.train(1e6, 1.0);
  EXPECT_EQ(fixed.alpha(), 0.2f);
}

}  // namespace
}  // namespace slm::temperature_test
