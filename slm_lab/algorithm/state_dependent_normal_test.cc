#include "slm_lab/algorithm/state_dependent_normal.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "slm_lab/base/archive.h"

namespace slm::state_dependent_normal_test {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
const Space kOne = Space::box({-kInf}, {kInf}), kTwo = Space::box({-kInf, -kInf}, {kInf, kInf});
const float kLog3 = std::log(3.0f);

// One action, h = (2, -1), exp(w) = (1, 3): variance 2^2 1^2 + 1^2 3^2 = 13, and exp(-10) = 4.5e-5 more.
TEST(StateDependentNormal, HasTheVarianceOfItsNoise) {
  StateDependentNormal distribution(kOne, {.sample_freq = 1}, /*tanh_mean=*/false);
  distribution.evaluate(Matrix{{5, 0, kLog3, 2, -1}}, Matrix{{5 + std::sqrt(13.0f)}});
  const double log_std = std::log(13 + std::exp(-10.0)) / 2, half_log_2_pi = std::log(2 * std::numbers::pi) / 2;
  EXPECT_NEAR(distribution.log_probs()[0], -0.5 - log_std - half_log_2_pi, 1e-5);
  EXPECT_NEAR(distribution.entropy()[0], log_std + 0.5 + half_log_2_pi, 1e-5);
}

// Two actions: w belongs to (feature 0, action 0), (feature 0, action 1), (feature 1, action 0), ...; the variances are
// 4 9 + 1 = 37 and 4 + 9 = 13.
TEST(StateDependentNormal, KeepsTheWeightsOfActionsApart) {
  StateDependentNormal distribution(kTwo, {.sample_freq = 1}, /*tanh_mean=*/false);
  distribution.evaluate(Matrix{{0, 0, kLog3, 0, 0, kLog3, 2, -1}}, Matrix{{0, 0}});
  EXPECT_NEAR(distribution.log_probs()[0], -std::log(37.0 * 13.0) / 2 - std::log(2 * std::numbers::pi), 1e-4);
}

TEST(StateDependentNormal, HasALeastVarianceWhereNoFeatureIsActive) {
  StateDependentNormal distribution(kOne, {.sample_freq = 1}, /*tanh_mean=*/false);
  distribution.evaluate(Matrix{{0, 0, 0, 0, 0}}, Matrix{{0}});
  EXPECT_NEAR(distribution.log_probs()[0], 5 - std::log(2 * std::numbers::pi) / 2, 1e-4);
}

/// What a step of training adds to the mean, for each row of features (n, 2).
Matrix noise_of(StateDependentNormal& distribution, const Matrix& features, Rng& rng) {
  Matrix outputs(features.rows(), 5), actions(features.rows(), 1);
  outputs.leftCols(3).rowwise() = Eigen::RowVector3f(7, 0, kLog3);
  outputs.rightCols(2) = features;
  distribution.explore(outputs, rng, actions);
  return actions.array() - 7;
}

// The remainder of exp(-5) apart, here below 0.04 in six standard deviations.
TEST(StateDependentNormal, KeepsItsNoiseForSomeStepsAsAFunctionOfTheFeatures) {
  StateDependentNormal distribution(kOne, {.sample_freq = 3}, /*tanh_mean=*/false);
  Rng rng(3);
  const Matrix first_feature{{1, 0}, {1, 0}}, second_feature{{0, 1}, {0, 1}}, both{{2, -3}, {2, -3}};
  for (int round = 0; round < 50; ++round) {
    const Matrix first = noise_of(distribution, first_feature, rng),
                 second = noise_of(distribution, second_feature, rng);
    const Matrix sum = noise_of(distribution, both, rng);
    EXPECT_LT((sum - (2 * first - 3 * second)).cwiseAbs().maxCoeff(), 0.16);  // (1 + sqrt(13)) / 1 of the remainder
    EXPECT_GT(std::abs(first(0, 0) - first(1, 0)), 1e-4) << "each environment has its own";
  }
  const Matrix before = noise_of(distribution, first_feature, rng);
  noise_of(distribution, first_feature, rng);
  const Matrix third = noise_of(distribution, first_feature, rng), anew = noise_of(distribution, first_feature, rng);
  EXPECT_LT((before - third).cwiseAbs().maxCoeff(), 0.08);
  EXPECT_GT((anew - third).cwiseAbs().maxCoeff(), 0.08);
}

TEST(StateDependentNormal, DrawsWithItsMomentsWhetherItKeepsTheNoiseOrNot) {
  constexpr int kRows = 50'000;
  StateDependentNormal distribution(kOne, {.sample_freq = 2}, /*tanh_mean=*/false);
  Rng rng(4);
  const Matrix features = Matrix{{2, -1}}.replicate(kRows, 1);
  Matrix outputs(kRows, 5), sampled(kRows, 1);
  outputs.rowwise() = Eigen::Matrix<float, 1, 5>(7, 0, kLog3, 2, -1);
  distribution.sample(outputs, rng, sampled);
  for (const Matrix& noise : {noise_of(distribution, features, rng), Matrix(sampled.array() - 7)}) {
    EXPECT_NEAR(noise.cast<double>().mean(), 0, 4 * std::sqrt(13.0 / kRows));
    EXPECT_NEAR(noise.cast<double>().array().square().mean(), 13, 4 * 13 * std::sqrt(2.0 / kRows));
  }
}

// exp(w) = 3 for both features of the first action and 1 for those of the second, h = (2, -1): 36 + 9 and 4 + 1.
TEST(StateDependentNormal, DrawsEachActionByItsOwnWeights) {
  constexpr int kRows = 50'000;
  StateDependentNormal distribution(kTwo, {.sample_freq = 2}, /*tanh_mean=*/false);
  Rng rng(7);
  Matrix outputs(kRows, 8), actions(kRows, 2);
  outputs.rowwise() = Eigen::Matrix<float, 1, 8>(0, 0, kLog3, 0, kLog3, 0, 2, -1);
  distribution.explore(outputs, rng, actions);
  const Eigen::MatrixXd drawn = actions.cast<double>();
  EXPECT_NEAR(drawn.col(0).squaredNorm() / kRows, 45, 4 * 45 * std::sqrt(2.0 / kRows));  // four standard errors
  EXPECT_NEAR(drawn.col(1).squaredNorm() / kRows, 5, 4 * 5 * std::sqrt(2.0 / kRows));
  EXPECT_NEAR(drawn.col(0).dot(drawn.col(1)) / kRows, 0, 4 * std::sqrt(45.0 * 5 / kRows));
}

// Evaluation in between leaves the run as it was, and so does a checkpoint.
TEST(StateDependentNormal, GoesOnAfterEvaluationAndFromACheckpoint) {
  StateDependentNormal run(kOne, {.sample_freq = 4}, false), evaluated = run, loaded = run;
  Rng rng(5), same_rng(5), other_rng(6);
  const Matrix features{{1, 2}};
  noise_of(run, features, rng);
  noise_of(evaluated, features, same_rng);
  Matrix action(1, 1);
  evaluated.sample(Matrix{{7, 0, kLog3, 1, 2}}, other_rng, action);
  Archive out;
  run.serialize(out);
  Archive in = out.reopened();
  loaded.serialize(in);
  Rng loaded_rng = rng;
  for (int step = 0; step < 10; ++step) {
    const Matrix expected = noise_of(run, features, rng);
    EXPECT_EQ(noise_of(evaluated, features, same_rng), expected);
    EXPECT_EQ(noise_of(loaded, features, loaded_rng), expected);
  }
}

}  // namespace
}  // namespace slm::state_dependent_normal_test
