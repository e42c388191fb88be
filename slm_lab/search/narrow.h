#pragma once

#include <optional>
#include <span>
#include <vector>

#include "slm_lab/search/search_point.h"

namespace slm {

/// The number by which `dimension` draws the value that is `number` of `other`; nothing where it does not draw it: out
/// of its bounds, off its grid, none of its choices.
std::optional<double> number_of_same_value(const SearchDimension& dimension, const SearchDimension& other,
                                           double number);

/// The dimension around the numbers of winners: from the least to the largest of them, widened on both sides by half of
/// that, and by a tenth of the dimension at least, on the line on which it draws (so in decades where it is
/// logarithmic), and never beyond its own ends. Of a choice those that won; a normal distribution gets the mean of the
/// winners, and their deviation where that is smaller.
SearchDimension narrowed(const SearchDimension& dimension, std::span<const double> winners);

/// The search block that read_search_space reads these dimensions from.
JsonNode search_block(std::span<const SearchDimension> space);

}  // namespace slm
