#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "slm_lab/search/sampler.h"

namespace slm {

// The rows of sampler.cc; `space` has no inert dimension.
std::unique_ptr<Sampler> make_random_sampler(std::vector<SearchDimension> space, std::uint64_t seed);

/// The random draw of this trial and attempt, which other samplers start with or fall back on.
Parameters random_parameters(const std::vector<SearchDimension>& space, std::uint64_t seed, int trial, int attempt);

}  // namespace slm
