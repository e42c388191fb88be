// Hopper at rest through its camera: three metres away, looking along +y, a field of view of 45 degrees over 480
// pixels, so that a metre at its distance is 240 / tan(22.5 degrees) / 3 = 193.1 pixels. Resets move it by 0.005 at
// most.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>
#include <vector>

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

/// Tiles move through the picture too where the camera follows a figure.
bool is_floor(const Scene::Shape& shape) {
  const auto is = [&](int red, int green, int blue) {
    return shape.color.red == red && shape.color.green == green && shape.color.blue == blue;
  };
  return shape.width == 0 && (is(71, 92, 112) || is(56, 74, 92));
}

/// The shapes that are elsewhere in `later`.
std::vector<Scene::Shape> moving(const Scene& scene, const Scene& later) {
  std::vector<Scene::Shape> found;
  for (const Scene::Shape& shape : scene.shapes) {
    const auto same = [&](const Scene::Shape& other) {
      return other.width == shape.width &&
             std::ranges::equal(shape.points, other.points,
                                [](const auto& a, const auto& b) { return a.x == b.x && a.y == b.y; });
    };
    if (!is_floor(shape) && std::ranges::none_of(later.shapes, same)) found.push_back(shape);
  }
  return found;
}

TEST(MujocoScenes, WhatMovesLiesWithinThePictureOfEveryTask) {
  for (const char* name :
       {"Ant-v5", "HalfCheetah-v5", "Hopper-v5", "Humanoid-v5", "HumanoidStandup-v5", "InvertedDoublePendulum-v5",
        "InvertedPendulum-v5", "Pusher-v5", "Reacher-v5", "Swimmer-v5", "Walker2d-v5"}) {
    const auto env = make_rollout_env(name, {}, 2);
    std::vector<double> obs;
    env->reset(obs);
    const Scene scene = env->scene().value();
    const std::vector<double> action(static_cast<std::size_t>(env->info().action_space.size()), 0.1);
    for (int i = 0; i < 3; ++i) env->step(action, obs);
    const std::vector<Scene::Shape> shapes = moving(scene, env->scene().value());
    EXPECT_GE(shapes.size(), 4u) << name;
    constexpr double kRoom = 12;  // Gymnasium's own cameras cut the edge of a foot of Ant and of HumanoidStandup
    for (const Scene::Shape& shape : shapes)
      for (const Scene::Point& p : shape.points) {
        EXPECT_GE(std::min(p.x, p.y) - shape.width / 2, -kRoom) << name;
        EXPECT_LE(std::max(p.x, p.y) + shape.width / 2, 480 + kRoom) << name;
      }
  }
}

// The cart and the hinge of InvertedDoublePendulum from 4.1225 m, at (0, 0, 0.1225): the cart is 0.1225 * cos(45
// degrees) below the middle of the picture, and as far behind it.
TEST(MujocoScenes, TheDoublePendulumIsSeenFromGymnasiumsPlace) {
  const auto env = make_rollout_env("InvertedDoublePendulum-v5", std::vector<std::string>{"reset_noise_scale=0"}, 2);
  std::vector<double> obs;
  env->reset(obs);
  const Scene scene = env->scene().value();
  const double s = std::sqrt(0.5) * 0.1225;
  const double y = 240 + s / (4.1225 + s) * 240 / std::tan(std::numbers::pi / 8);
  EXPECT_TRUE(std::ranges::any_of(scene.shapes, [&](const Scene::Shape& shape) {
    if (shape.points.size() != 2 || is_floor(shape)) return false;
    const double middle = (shape.points[0].y + shape.points[1].y) / 2;
    return std::abs((shape.points[0].x + shape.points[1].x) / 2 - 240) < 0.01 && std::abs(middle - y) < 0.01;
  }));
}

}  // namespace
}  // namespace slm::mujoco_scene_test
