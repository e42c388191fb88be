#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "slm_lab/base/rng.h"
#include "slm_lab/search/sampler.h"

namespace slm {

// The rows of sampler.cc. `space` has no inert dimension.
std::unique_ptr<Sampler> make_random_sampler(const std::vector<SearchDimension>& space, std::uint64_t seed);
std::unique_ptr<Sampler> make_grid_sampler(const std::vector<SearchDimension>& space, std::uint64_t seed);
std::unique_ptr<Sampler> make_sobol_sampler(const std::vector<SearchDimension>& space, std::uint64_t seed);
std::unique_ptr<Sampler> make_tpe_sampler(const std::vector<SearchDimension>& space, std::uint64_t seed);
std::unique_ptr<Sampler> make_multivariate_tpe_sampler(const std::vector<SearchDimension>& space, std::uint64_t seed);

/// The most numbers of one dimension in a grid.
constexpr std::int64_t kMostGridNumbers = 1000;

/// What a sampler draws with for this trial and attempt.
Rng sampler_stream(std::uint64_t seed, int trial, int attempt);

/// The random draw of this trial and attempt, which other samplers start with or fall back on.
SearchPoint random_parameters(const std::vector<SearchDimension>& space, std::uint64_t seed, int trial, int attempt);

}  // namespace slm
