// What environments look like: places worked out from Gymnasium's drawing code's geometry by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "slm_lab/env/registry.h"
#include "slm_lab/env/rollout_env.h"

namespace slm::env_scene_test {
namespace {

Scene scene_after_reset(const std::string& name, std::vector<double>& obs) {
  const auto env = make_rollout_env(name, {}, 3);
  env->reset(obs);
  return env->scene().value();
}

TEST(Scenes, CartPolesPoleStandsOnItsCartAtItsAngle) {
  std::vector<double> obs;
  const Scene scene = scene_after_reset("CartPole-v1", obs);
  ASSERT_EQ(scene.shapes.size(), 4u);
  const auto& pole = scene.shapes[2].points;
  const double x = 300 + 125 * obs[0], y = 300 - 7.5;  // the axle: 600 pixels are 4.8 metres
  EXPECT_NEAR(scene.shapes[3].points[0].x, x, 1e-4);
  EXPECT_NEAR(scene.shapes[3].points[0].y, y, 1e-9);
  // The middle of its upper end: 120 pixels away, to the right for a positive angle.
  EXPECT_NEAR((pole[1].x + pole[2].x) / 2, x + 120 * std::sin(obs[2]), 1e-4);
  EXPECT_NEAR((pole[1].y + pole[2].y) / 2, y - 120 * std::cos(obs[2]), 1e-4);
}

TEST(Scenes, PendulumsRodPointsUpAtAngleNought) {
  std::vector<double> obs;
  const Scene scene = scene_after_reset("Pendulum-v1", obs);
  const auto& rod = scene.shapes[0].points;
  const double scale = 500 / 4.4;
  EXPECT_NEAR(rod[1].x, 250 - scale * obs[1], 1e-4) << "counter-clockwise, as Gymnasium turns it";
  EXPECT_NEAR(rod[1].y, 250 - scale * obs[0], 1e-4);
}

TEST(Scenes, AcrobotsLinksHangDownAtAngleNought) {
  std::vector<double> obs;
  const Scene scene = scene_after_reset("Acrobot-v1", obs);
  const auto& first = scene.shapes[1].points;
  EXPECT_NEAR(first[1].x, 250 + 500 / 4.4 * obs[1], 1e-4);
  EXPECT_NEAR(first[1].y, 250 + 500 / 4.4 * obs[0], 1e-4);
}

TEST(Scenes, TheCarStandsOnTheTrack) {
  for (const char* name : {"MountainCar-v0", "MountainCarContinuous-v0"}) {
    std::vector<double> obs;
    const Scene scene = scene_after_reset(name, obs);
    // The wheels stand 10 pixels above the track, to the left and the right of the car's place.
    const auto &left = scene.shapes[2].points[0], &right = scene.shapes[3].points[0];
    const double slope = std::cos(3 * obs[0]), scale = 600 / 1.8;
    EXPECT_NEAR((left.x + right.x) / 2, (obs[0] + 1.2) * scale - 10 * std::sin(slope), 1e-3) << name;
    EXPECT_NEAR((left.y + right.y) / 2, 400 - (0.45 * std::sin(3 * obs[0]) + 0.55) * scale - 10 * std::cos(slope), 1e-3)
        << name;
    EXPECT_GT(right.x, left.x);
  }
}

}  // namespace
}  // namespace slm::env_scene_test
