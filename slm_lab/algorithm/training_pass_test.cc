#include "slm_lab/algorithm/training_pass.h"

#include <gtest/gtest.h>

namespace slm::training_pass_test {
namespace {

TEST(TrainingPass, IsTheLossAndTakesDenormalsForZeroWhileItLasts) {
  Profile profile;
  const ProfiledThread thread(profile);
  {
    const TrainingPass pass;
    EXPECT_EQ(profile.phase(), Phase::loss);
    EXPECT_TRUE(flushes_to_zero());
  }
  EXPECT_EQ(profile.phase(), Phase::other);
  EXPECT_FALSE(flushes_to_zero());
}

}  // namespace
}  // namespace slm::training_pass_test
