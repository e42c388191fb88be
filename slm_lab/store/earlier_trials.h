#pragma once

#include <span>
#include <vector>

#include "slm_lab/spec/search_space.h"
#include "slm_lab/store/data_folder.h"

namespace slm {

/// A trial of an earlier search, in the space of this one.
struct EarlierTrial {
  std::vector<double> parameters;  ///< one per searched dimension
  double value = 0;                ///< total_reward_ma at its end
};

/// Those that a search starts with (--from), in its folder, so that it goes on with the same ones.
void save_earlier_trials(const DataFolder& folder, std::span<const SearchDimension> space,
                         std::span<const EarlierTrial> trials);
/// None where it started without. Throws Error(corrupt).
std::vector<EarlierTrial> read_earlier_trials(const DataFolder& folder, std::span<const SearchDimension> space);

}  // namespace slm
