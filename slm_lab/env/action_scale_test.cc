#include "slm_lab/env/action_scale.h"

#include <gtest/gtest.h>

#include <limits>

namespace slm::action_scale_test {
namespace {

const float kInfinity = std::numeric_limits<float>::infinity();
const Space kAsymmetric = Space::box({-2, 0}, {4, 1});

TEST(ActionScale, ClipsToTheBounds) {
  ActionScale scale(ActionRange::environment, kAsymmetric);
  const Matrix drawn{{-3, 0.5f}, {5, -0.1f}, {3, 2}};
  EXPECT_EQ(scale.to_env(drawn), (Matrix{{-2, 0.5f}, {4, 0}, {3, 1}}));
}

TEST(ActionScale, LeavesUnboundedSidesAlone) {
  ActionScale scale(ActionRange::environment, Space::box({-kInfinity}, {1}));
  EXPECT_EQ(scale.to_env(Matrix{{-1e6f}, {7}}), (Matrix{{-1e6f}, {1}}));
}

TEST(ActionScale, MapsTheUnitRangeOntoTheBounds) {
  ActionScale scale(ActionRange::unit, kAsymmetric);
  const Matrix drawn{{-1, -1}, {0, 0}, {1, 1}, {0.5f, -0.5f}};
  EXPECT_EQ(scale.to_env(drawn), (Matrix{{-2, 0}, {1, 0.5f}, {4, 1}, {2.5f, 0.25f}}));
}

TEST(ActionScale, PassesDiscreteActionsAsTheyAre) {
  for (const ActionRange range : {ActionRange::environment, ActionRange::unit}) {
    ActionScale scale(range, Space::discrete(3));
    const Matrix drawn{{2}, {0}};
    EXPECT_EQ(scale.to_env(drawn), drawn);
  }
}

}  // namespace
}  // namespace slm::action_scale_test
