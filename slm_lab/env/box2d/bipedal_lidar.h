#pragma once

#include <Box2D/Box2D.h>

#include <span>
#include <vector>

namespace slm {

/// What rays from the hull meet first of BipedalWalker's ground: downwards, and then ever more to the right.
///
/// It asks the shapes that are in the world, but by their place along the track instead of by the world's tree, which
/// was a tenth of a step. The fractions are those of b2World::RayCast: the least one does not depend on the order.
class BipedalLidar {
 public:
  static constexpr int kRays = 10;

  void add_edge(const b2EdgeShape& edge) { edges_.push_back(edge); }  ///< from left to right, one each kStep
  void add_block(const b2PolygonShape& block);

  /// The fraction of its range at which each ray meets the ground, or 1.
  void look(b2Vec2 from, std::span<double, kRays> fractions) const;

 private:
  struct Block {
    b2PolygonShape shape;
    b2AABB bounds;
  };
  float nearest(const b2Vec2& from, const b2Vec2& to) const;

  std::vector<b2EdgeShape> edges_;
  std::vector<Block> blocks_;
};

}  // namespace slm
