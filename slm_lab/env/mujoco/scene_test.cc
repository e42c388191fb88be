// Hopper at rest through its camera: three metres away, looking along +y, a field of view of 45 degrees over 480
// pixels, so that a metre at its distance is 240 / tan(22.5 degrees) / 3 = 193.1 pixels. Resets move it by 0.005 at
// most.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "slm_lab/env/registry.h"
#include "slm_lab/env/rollout_env.h"

namespace slm::mujoco_scene_test {
namespace {

TEST(MujocoScenes, TheHopperStandsUprightOnItsFoot) {
  const auto env = make_rollout_env("Hopper-v5", {}, 2);
  std::vector<double> obs;
  env->reset(obs);
  const Scene scene = env->scene().value();
  EXPECT_NEAR(scene.frames_per_second, 125, 1e-6);
  std::vector<Scene::Shape> limbs;  // torso, thigh, leg, foot: each an edge, and what it is the edge of
  for (const Scene::Shape& shape : scene.shapes)
    if (shape.width > 0) limbs.push_back(shape);
  ASSERT_EQ(limbs.size(), 8u);
  const auto& torso = limbs[1].points;
  const auto& foot = limbs[7].points;
  constexpr double kMetre = 193.1, kRoom = 0.02 * kMetre;
  EXPECT_NEAR(std::abs(torso[0].y - torso[1].y), 0.4 * kMetre, kRoom);
  EXPECT_NEAR(torso[0].x, torso[1].x, kRoom);
  EXPECT_NEAR(limbs[1].width, 2 * 0.05 * kMetre, 0.5);
  EXPECT_NEAR(std::abs(foot[0].x - foot[1].x), 0.39 * kMetre, kRoom);
  // The foot is below, from 0.13 behind to 0.26 before the torso: to the right.
  EXPECT_NEAR((foot[0].y + foot[1].y) / 2 - (torso[0].y + torso[1].y) / 2, 1.15 * kMetre, kRoom);
  EXPECT_NEAR((foot[0].x + foot[1].x) / 2 - (torso[0].x + torso[1].x) / 2, 0.065 * kMetre, kRoom);
}

TEST(MujocoScenes, EveryTaskShowsSomethingWithinItsPicture) {
  for (const char* name :
       {"Ant-v5", "HalfCheetah-v5", "Hopper-v5", "Humanoid-v5", "HumanoidStandup-v5", "InvertedDoublePendulum-v5",
        "InvertedPendulum-v5", "Pusher-v5", "Reacher-v5", "Swimmer-v5", "Walker2d-v5"}) {
    const auto env = make_rollout_env(name, {}, 2);
    std::vector<double> obs;
    env->reset(obs);
    const Scene scene = env->scene().value();
    const auto within = [&](const Scene::Shape& shape) {
      return shape.width > 0 && std::ranges::all_of(shape.points, [&](const Scene::Point& p) {
               return p.x >= 0 && p.x < scene.width && p.y >= 0 && p.y < scene.height;
             });
    };
    EXPECT_GE(std::ranges::count_if(scene.shapes, within), 2) << name;
  }
}

}  // namespace
}  // namespace slm::mujoco_scene_test
