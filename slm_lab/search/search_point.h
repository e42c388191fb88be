#pragma once

#include <vector>

#include "slm_lab/spec/search_space.h"

namespace slm {

/// What a sampler draws: for each searched dimension its number; of `choice` the index into its choices.
using SearchPoint = std::vector<double>;

/// The dimensions that a search draws: those that are not inert, in the order of the file.
std::vector<SearchDimension> searched_dimensions(std::vector<SearchDimension> space);

/// The value as it stands in a sampled spec: the choice itself, or a number (without fraction: an integer).
JsonNode value_of(const SearchDimension& dimension, double number);

}  // namespace slm
