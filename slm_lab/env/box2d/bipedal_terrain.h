#pragma once

#include <array>
#include <vector>

#include "slm_lab/base/rng.h"

namespace slm {

/// The ground of BipedalWalker: a line of heights, and the blocks that the hardcore version puts on it.
struct BipedalTerrain {
  static constexpr int kLength = 200;         // points
  static constexpr int kStartpad = 20;        // flat ones, at the beginning
  static constexpr int kEnd = 10;             // this many before the last the walk is done
  static constexpr double kStep = 14 / 30.0;  // between two points
  static constexpr double kHeight = 400 / 30.0 / 4;

  struct Point {
    double x, y;
  };
  using Block = std::array<Point, 4>;

  std::array<double, kLength> height;
  std::vector<Block> blocks;  ///< in the order in which they are built
};

/// Draws what Gymnasium draws, the clouds included, which nobody sees.
BipedalTerrain draw_bipedal_terrain(bool hardcore, Rng& rng);

}  // namespace slm
