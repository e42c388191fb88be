#include "slm_lab/algorithm/mean_stats.h"

#include <gtest/gtest.h>

#include <cmath>

namespace slm::mean_stats_test {
namespace {

TEST(MeanStats, AreOfAllThatWasAddedOneByOneOrTogether) {
  MeanStats pass, round;
  pass.add(TrainStats{.loss = 1, .kl = 0.5});
  pass.add(TrainStats{.loss = 2, .kl = 0.25});
  EXPECT_EQ(pass.mean().loss, 1.5);
  EXPECT_EQ(pass.mean().kl, 0.375);
  round.add(pass);
  round.add(TrainStats{.loss = 6, .kl = 0});
  EXPECT_EQ(round.mean().loss, 3);
  EXPECT_EQ(round.mean().kl, 0.25);
  EXPECT_TRUE(std::isnan(round.mean().q_value)) << "nobody has it";
}

}  // namespace
}  // namespace slm::mean_stats_test
