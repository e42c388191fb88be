#include "slm_lab/env/box2d/bipedal_lidar.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "slm_lab/base/rng.h"
#include "slm_lab/env/box2d/bipedal_terrain.h"
#include "slm_lab/env/box2d/body_parts.h"

namespace slm::bipedal_lidar_test {
namespace {

/// What Gymnasium asks: Box2D's own search through the whole world.
class Search final : public b2RayCastCallback {
 public:
  float32 ReportFixture(b2Fixture*, const b2Vec2&, const b2Vec2&, float32 fraction) override {
    return nearest = fraction;
  }
  float32 nearest = 1;
};

struct Ground {
  Ground(bool hardcore, std::uint64_t seed) : world(to_b2(0, -10)) {
    Rng rng(seed);
    const BipedalTerrain terrain = draw_bipedal_terrain(hardcore, rng);
    for (const BipedalTerrain::Block& block : terrain.blocks) {
      std::array<b2Vec2, 4> corners;
      for (std::size_t i = 0; i < 4; ++i) corners[i] = to_b2(block[i].x, block[i].y);
      add_shape(add_ground(world), polygon(corners), {});
      lidar.add_block(polygon(corners));
    }
    for (std::size_t i = 0; i + 1 < terrain.height.size(); ++i) {
      const auto x = [](std::size_t point) { return static_cast<double>(point) * BipedalTerrain::kStep; };
      const b2EdgeShape shape = edge(to_b2(x(i), terrain.height[i]), to_b2(x(i + 1), terrain.height[i + 1]));
      add_shape(add_ground(world), shape, {});
      lidar.add_edge(shape);
    }
  }
  b2World world;
  BipedalLidar lidar;
};

TEST(BipedalLidar, MeetsWhatBox2DsOwnSearchMeets) {
  constexpr double kRange = 160 / 30.0, kEnd = BipedalTerrain::kLength * BipedalTerrain::kStep;
  for (const bool hardcore : {false, true})
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
      Ground ground(hardcore, seed);
      Rng rng(seed);
      int num_hits = 0;
      for (int trial = 0; trial < 400; ++trial) {
        // Also before the track, behind it, under it and exactly above a point of it.
        b2Vec2 from = to_b2(rng.uniform(-3, kEnd + 3), rng.uniform(1, 8));
        if (trial % 4 == 0) from.x = static_cast<float32>(static_cast<double>(trial / 4) * BipedalTerrain::kStep);
        std::array<double, BipedalLidar::kRays> fractions;
        ground.lidar.look(from, fractions);
        for (int ray = 0; ray < BipedalLidar::kRays; ++ray) {
          const double angle = 1.5 * ray / 10.0;
          Search search;
          ground.world.RayCast(&search, from,
                               to_b2(from.x + std::sin(angle) * kRange, from.y - std::cos(angle) * kRange));
          ASSERT_EQ(fractions[static_cast<std::size_t>(ray)], search.nearest)
              << hardcore << " " << seed << " " << trial << " " << ray;
          num_hits += search.nearest < 1;
        }
      }
      EXPECT_GT(num_hits, 1000);
    }
}

}  // namespace
}  // namespace slm::bipedal_lidar_test
