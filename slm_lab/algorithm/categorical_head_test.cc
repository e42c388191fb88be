#include "slm_lab/algorithm/categorical_head.h"

#include <gtest/gtest.h>

#include <cmath>

namespace slm::categorical_head_test {
namespace {

Vector row(std::initializer_list<float> values) {
  Vector v(static_cast<Eigen::Index>(values.size()));
  std::ranges::copy(values, v.begin());
  return v;
}
void expect_near(const Vector& actual, const Vector& expected) {
  ASSERT_EQ(actual.size(), expected.size());
  EXPECT_LT((actual - expected).cwiseAbs().maxCoeff(), 1e-6f) << actual.transpose() << " and " << expected.transpose();
}

// Returns of -2, -1, 0, 1 and 2.
constexpr AtomsConfig kFive{.num_atoms = 5, .v_min = -2, .v_max = 2};
Vector projected(float reward, float discount, const Vector& probabilities) {
  Vector target(kFive.num_atoms);
  project(kFive, reward, discount, probabilities, target);
  return target;
}

TEST(Project, PutsAReturnOnItsAtomOrBetweenTwo) {
  expect_near(projected(1, 1, row({0, 1, 0, 0, 0})), row({0, 0, 1, 0, 0}));                 // 1 - 1 = 0
  expect_near(projected(0.25f, 0.5f, row({0, 0, 0, 1, 0})), row({0, 0, 0.25f, 0.75f, 0}));  // 0.25 + 0.5 = 0.75
  expect_near(projected(-1.6f, 0, row({0, 0, 0, 0, 1})), row({0.6f, 0.4f, 0, 0, 0}));
}

TEST(Project, KeepsWhatLiesOnOrBeyondABoundOnIt) {
  expect_near(projected(1, 1, row({0, 0, 0, 1, 0})), row({0, 0, 0, 0, 1}));           // 2
  expect_near(projected(-1, 1, row({0, 1, 0, 0, 0})), row({1, 0, 0, 0, 0}));          // -2
  expect_near(projected(1.5f, 1, row({0, 0, 0, 0.5f, 0.5f})), row({0, 0, 0, 0, 1}));  // 2.5 and 3.5
  expect_near(projected(-30, 1, row({0, 0, 0.5f, 0, 0.5f})), row({1, 0, 0, 0, 0}));
  expect_near(projected(INFINITY, 1, row({0, 0, 1, 0, 0})), row({0, 0, 0, 0, 1}));
}

TEST(Project, AddsUpWhatMeetsOnAnAtom) {
  // -1.5, -0.5, 0.5 and 1.5, each halfway between two.
  expect_near(projected(0.5f, 1, row({0.1f, 0.2f, 0.3f, 0.4f, 0})), row({0.05f, 0.15f, 0.25f, 0.35f, 0.2f}));
  // All at 0.75, whatever the distribution, where the task ended.
  expect_near(projected(0.75f, 0, row({0.1f, 0.2f, 0.3f, 0.4f, 0})), row({0, 0, 0.25f, 0.75f, 0}));
}

TEST(Project, ARewardThatIsNoNumberMakesNoDistribution) {
  EXPECT_TRUE(projected(NAN, 0.9f, row({0, 0, 1, 0, 0})).array().isNaN().all());
}

// Returns of -1, 0 and 1; two actions.
constexpr AtomsConfig kThree{.num_atoms = 3, .v_min = -1, .v_max = 1};
// Of probabilities in eighths, whose logarithms are logits.
Matrix logits(const Matrix& eighths) { return eighths.array().log() + 5; }
const Matrix kLeftIsBetter{{1, 1, 6, 2, 4, 2}}, kRightIsBetter{{6, 1, 1, 2, 4, 2}};

TEST(CategoricalHead, ValuesAreMeans) {
  CategoricalHead head(kThree, 2, 1);
  EXPECT_TRUE(head.q_values(logits(Matrix{{1, 1, 6, 2, 4, 2}, {6, 1, 1, 1, 3, 4}}))
                  .isApprox(Matrix{{0.625f, 0}, {-0.625f, 0.375f}}, 1e-5f));
}

// The target of each row, read off the gradient weight / n (p - m), where p is uniform.
Matrix targets_of(CategoricalHead& head, const Batch& batch) {
  const Eigen::Index n = batch.rewards.size();
  head.fit(batch, Matrix::Constant(n, 6, 2));
  Matrix targets(n, 3);
  for (Eigen::Index i = 0; i < n; ++i) {
    const auto action = static_cast<Eigen::Index>(batch.actions(i, 0));
    targets.row(i) = 1.0f / 3 - head.d_outputs().row(i).segment(3 * action, 3).array() * static_cast<float>(n) /
                                    batch.draw.weights[i];
    EXPECT_TRUE(head.d_outputs().row(i).segment(3 * (1 - action), 3).isZero(0)) << "of the other action";
  }
  return targets;
}

TEST(CategoricalHead, BootstrapsByTheDiscountOfEachRow) {
  Batch batch;
  batch.actions = Matrix{{0}, {1}, {1}};
  batch.rewards = row({0.5f, 0.5f, 0.2f});
  // The task ended; the clock ended the episode (or nothing did); three steps of 0.5 have gone by.
  batch.discounts = row({0, 0.5f, 0.125f});
  batch.draw.weights = row({1, 0.5f, 1});
  CategoricalHead head(kThree, 2, 3);
  const Matrix next = logits(kLeftIsBetter.replicate(3, 1));
  head.set_targets(batch, next, next);
  Matrix expected{{0, 0.5f, 0.5f},                         // 0.5
                  {0, 0.125f + 0.0625f, 0.0625f + 0.75f},  // eighths 1, 1, 6 of 0, 0.5, 1
                  {0, 0, 0}};
  // Of 0.075, 0.2, 0.325: the same eighths.
  expected.row(2) << 0, 0.125f * 0.925f + 0.125f * 0.8f + 0.75f * 0.675f,
      0.125f * 0.075f + 0.125f * 0.2f + 0.75f * 0.325f;
  EXPECT_LT((targets_of(head, batch) - expected).cwiseAbs().maxCoeff(), 1e-6f);
}

TEST(CategoricalHead, TakesTheActionFromOneNetAndItsDistributionFromTheOther) {
  Batch batch;
  batch.actions = Matrix{{0}};
  batch.rewards = row({0});
  batch.discounts = row({1});
  batch.draw.weights = row({1});
  CategoricalHead head(kThree, 2, 1);
  head.set_targets(batch, logits(kLeftIsBetter), logits(kRightIsBetter));
  EXPECT_TRUE(targets_of(head, batch).isApprox(Matrix{{0.75f, 0.125f, 0.125f}}, 1e-5f));
  head.set_targets(batch, logits(kRightIsBetter), logits(kLeftIsBetter));
  EXPECT_TRUE(targets_of(head, batch).isApprox(Matrix{{0.25f, 0.5f, 0.25f}}, 1e-5f));
}

TEST(CategoricalHead, FitsByTheCrossEntropy) {
  Batch batch;
  batch.actions = Matrix{{1}, {0}};
  batch.rewards = row({0.5f, -1});
  batch.discounts = row({0, 0});
  batch.draw.weights = row({1, 0.5f});
  CategoricalHead head(kThree, 2, 2);
  head.set_targets(batch, Matrix::Zero(2, 6), Matrix::Zero(2, 6));
  // m = 0, 1/2, 1/2 against 1/4, 1/2, 1/4; and 1, 0, 0 against 1/8, 1/8, 3/4.
  const QHead::Fit fit = head.fit(batch, logits(kLeftIsBetter.replicate(2, 1)));
  const double first = -0.5 * std::log(0.5) - 0.5 * std::log(0.25), second = -std::log(0.125);
  EXPECT_NEAR(head.row_errors()[0], first, 1e-6);
  EXPECT_NEAR(head.row_errors()[1], second, 1e-6);
  EXPECT_NEAR(fit.loss, (first + 0.5 * second) / 2, 1e-6);
  EXPECT_NEAR(fit.value, (0 + 0.625) / 2, 1e-6);
  EXPECT_NEAR(fit.error, (0.5 + 1.625) / 2, 1e-6);
}

}  // namespace
}  // namespace slm::categorical_head_test
