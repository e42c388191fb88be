#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "slm_lab/base/rng.h"

namespace slm {

/// What a leaf holds of one dimension: an interval of [0, 1], or some of the choices.
struct Extent {
  double low = 0, high = 1;
  std::vector<bool> choices = {};  ///< empty: a number

  double size() const;  ///< its share of the dimension
};

/// A part of the space in which a tree predicts the same.
struct Leaf {
  std::vector<Extent> extents;  // (dimensions)
  double value;
};

/// One observation: where (a share in [0, 1] of each number's dimension, the index of each choice) and what was
/// measured.
struct Observation {
  std::vector<double> at;  // (dimensions)
  double value;
};

/// The leaves of one regression tree (Breiman et al. 1984), grown until each holds one value, on a bootstrap sample of
/// the observations: one tree of a random forest (Breiman 2001). `num_choices`: 0 where a dimension is a number.
std::vector<Leaf> grow_tree(std::span<const Observation> observations, std::span<const int> num_choices, Rng& rng);

}  // namespace slm
