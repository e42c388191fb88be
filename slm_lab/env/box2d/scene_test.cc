// Where Box2D's bodies are in a picture: the corners of a hull against what the environment observes.
#include <gtest/gtest.h>

#include <cmath>

#include "slm_lab/env/registry.h"
#include "slm_lab/env/rollout_env.h"

namespace slm::box2d_scene_test {
namespace {

/// The mean of the corners of the one polygon of this colour.
Scene::Point middle_of(const Scene& scene, int red, std::size_t corners) {
  for (const Scene::Shape& shape : scene.shapes) {
    if (shape.width != 0 || shape.color.red != red || shape.points.size() != corners) continue;
    Scene::Point sum;
    for (const Scene::Point& p : shape.points) sum = {sum.x + p.x, sum.y + p.y};
    const auto count = static_cast<double>(corners);
    return {sum.x / count, sum.y / count};
  }
  ADD_FAILURE() << "no such polygon";
  return {};
}

// Observed are (x - 10) / 10 and (y - 10/3 - 0.6) / (20/3), in units of 30 pixels, and the angle. The middle of the
// hull's six corners lies 14/6 pixels above its place.
TEST(Box2DScenes, TheLanderIsWhereItIsObserved) {
  const auto env = make_rollout_env("LunarLander-v3", {}, 4);
  std::vector<double> obs;
  env->reset(obs);
  for (int t = 0; t < 40; ++t) env->step(std::vector<double>{1}, obs);
  ASSERT_GT(std::abs(obs[4]), 0.1) << "it leans";
  const Scene::Point hull = middle_of(env->scene().value(), 128, 6);
  EXPECT_NEAR(hull.x, 300 + 300 * obs[0] - 14.0 / 6 * std::sin(obs[4]), 0.01);
  EXPECT_NEAR(hull.y, 400 - (200 * obs[1] + 100 + 18) - 14.0 / 6 * std::cos(obs[4]), 0.01);
}

// The picture goes with the hull, which stays at a fifth of its width; the middle of its five corners is (2.8, 0.6).
TEST(Box2DScenes, ThePictureGoesWithTheWalker) {
  const auto env = make_rollout_env("BipedalWalker-v3", {}, 4);
  std::vector<double> obs;
  env->reset(obs);
  for (int t = 0; t < 30; ++t) env->step(std::vector<double>{1, 0.5, -1, 0}, obs);
  const Scene scene = env->scene().value();
  const Scene::Point hull = middle_of(scene, 127, 5);
  EXPECT_NEAR(hull.x, 120 + 2.8 * std::cos(obs[0]) - 0.6 * std::sin(obs[0]), 0.01);
  double lowest = 0;  // of the legs
  for (const Scene::Shape& shape : scene.shapes)
    if (shape.color.red == 178 || (shape.color.red == 128 && shape.width == 0))
      for (const Scene::Point& p : shape.points) lowest = std::max(lowest, p.y);
  EXPECT_GT(lowest, hull.y) << "legs are below";
  EXPECT_NEAR(lowest, 300, 8) << "and stand on the grass, a quarter up";
}

}  // namespace
}  // namespace slm::box2d_scene_test
