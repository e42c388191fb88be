#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "slm_lab/search/sampler.h"

namespace slm {

struct Leaf;

/// How much of the variance of the trials' values each dimension explains by itself, in shares that sum to 1:
/// functional ANOVA over a forest of 64 trees (Hutter, Hoos & Leyton-Brown 2014). The variance is that over the space
/// as it is drawn, so that an order of magnitude of a logarithmic dimension counts as much as any other (Optuna's
/// counts it by its length). All 0 where there is nothing to explain. `space` without inert dimensions.
std::vector<double> parameter_importance(std::span<const SearchDimension> space, std::span<const PastTrial> trials,
                                         std::uint64_t seed);

/// Of one tree: the variance that each dimension explains by itself, as shares of the tree's own; all 0 where it has
/// none.
std::vector<double> main_effects(std::span<const Leaf> leaves);

}  // namespace slm
