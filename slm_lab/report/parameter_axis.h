#pragma once

#include <string>
#include <vector>

#include "slm_lab/report/axis.h"
#include "slm_lab/report/search_graphs.h"

namespace slm {

/// From the least to the largest number that trials tried, with room at both ends; of a choice one tick for each.
Axis parameter_axis(const SearchSubject& search, std::size_t parameter, int max_ticks);

/// No longer than `max_characters`, the last of them then an ellipsis.
std::string cut(const std::string& text, std::size_t max_characters);

}  // namespace slm
