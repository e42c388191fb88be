#include "slm_lab/env/box2d/bipedal_lidar.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "slm_lab/env/box2d/bipedal_terrain.h"
#include "slm_lab/env/box2d/body_parts.h"

namespace slm {
namespace {

constexpr double kRange = 160 / 30.0;
constexpr float kSlack = 0.1f;  // far more than any rounding

const b2Transform& at_origin() {
  static const b2Transform transform = [] {
    b2Transform identity;
    identity.SetIdentity();
    return identity;
  }();
  return transform;
}

/// Where the rays end, relative to where they begin.
std::array<BipedalTerrain::Point, BipedalLidar::kRays> ray_ends() {
  std::array<BipedalTerrain::Point, BipedalLidar::kRays> ends;
  for (int ray = 0; ray < BipedalLidar::kRays; ++ray) {
    const double angle = 1.5 * ray / 10.0;
    ends[static_cast<std::size_t>(ray)] = {std::sin(angle) * kRange, std::cos(angle) * kRange};
  }
  return ends;
}

}  // namespace

void BipedalLidar::add_block(const b2PolygonShape& block) {
  Block& added = blocks_.emplace_back();
  added.shape = block;
  block.ComputeAABB(&added.bounds, at_origin(), 0);
}

void BipedalLidar::look(b2Vec2 from, std::span<double, kRays> fractions) const {
  static const auto ends = ray_ends();
  for (std::size_t ray = 0; ray < ends.size(); ++ray)
    fractions[ray] = nearest(from, to_b2(from.x + ends[ray].x, from.y - ends[ray].y));
}

float BipedalLidar::nearest(const b2Vec2& from, const b2Vec2& to) const {
  b2RayCastInput input{from, to, 1};
  b2RayCastOutput hit;
  const auto ask = [&](const b2Shape& shape) {
    if (shape.RayCast(&hit, input, at_origin(), 0)) input.maxFraction = hit.fraction;
  };
  const auto end_x = [&] { return from.x + input.maxFraction * (to.x - from.x) + kSlack; };

  // The track begins at 0; written so that a position that is no number asks the first.
  const double column = std::max(0.0, std::floor((from.x - kSlack) / BipedalTerrain::kStep));
  for (auto i = static_cast<std::size_t>(std::min(column, static_cast<double>(edges_.size())));
       i < edges_.size() && edges_[i].m_vertex1.x <= end_x(); ++i)
    ask(edges_[i]);
  for (const Block& block : blocks_)
    if (block.bounds.upperBound.x >= from.x - kSlack && block.bounds.lowerBound.x <= end_x()) ask(block.shape);
  return input.maxFraction;
}

}  // namespace slm
