#include "slm_lab/algorithm/q_values.h"

#include <gtest/gtest.h>

#include "slm_lab/algorithm/training_schedule.h"

namespace slm::q_values_test {
namespace {

const Matrix kQ{{1, 5, 2}, {7, 0, 3}};

TEST(QValues, PickMaxAndDouble) {
  Vector values(2);
  pick_values(kQ, Matrix{{2}, {0}}, values);
  EXPECT_EQ(values, (Vector(2) << 2, 7).finished());
  values_of_best(kQ, kQ, values);
  EXPECT_EQ(values, (Vector(2) << 5, 7).finished());
  values_of_best(Matrix{{9, 0, 0}, {0, 0, 9}}, kQ, values);  // chosen by one net, valued by the other
  EXPECT_EQ(values, (Vector(2) << 1, 3).finished());
}

TEST(QLoss, MovesTheValuesOfTheActionsTakenAlone) {
  QLoss loss(LossConfig{.name = "MSELoss"});
  const Vector targets = (Vector(2) << 1, 9).finished(), weights = (Vector(2) << 1, 0.5f).finished();
  EXPECT_EQ(loss(kQ, Matrix{{2}, {0}}, targets, weights), (1.0 * 1 + 0.5 * 4) / 2);  // (2 - 1)^2 and (7 - 9)^2
  EXPECT_EQ(Vector(loss.values()), (Vector(2) << 2, 7).finished());
  EXPECT_EQ(loss.mean_value(), 4.5);
  EXPECT_EQ(loss.mean_error(), 1.5);                                      // sizes of -1 and 2
  EXPECT_EQ(Matrix(loss.d_q_values()), (Matrix{{0, 0, 1}, {-1, 0, 0}}));  // weight * 2 (Q - y) / n
}

TEST(TrainingSchedule, TrainsEveryTrainingFrequencyFramesAfterTheStart) {
  const TrainingSchedule single{.training_frequency = 4, .start_step = 9, .num_envs = 1};
  EXPECT_FALSE(single.due(8));  // not started
  EXPECT_FALSE(single.due(11));
  EXPECT_TRUE(single.due(12));
  EXPECT_FALSE(single.due(13));
  const TrainingSchedule many{.training_frequency = 4, .start_step = 0, .num_envs = 8};
  EXPECT_TRUE(many.due(8));  // once per step of all environments
  const TrainingSchedule rare{.training_frequency = 50, .start_step = 0, .num_envs = 4};
  EXPECT_FALSE(rare.due(48));
  EXPECT_TRUE(rare.due(52));
  EXPECT_FALSE(rare.due(56));
}

}  // namespace
}  // namespace slm::q_values_test
