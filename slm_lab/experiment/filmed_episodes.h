#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "slm_lab/algorithm/algorithm.h"
#include "slm_lab/experiment/played_run.h"

namespace slm {

/// Plays the weights of a run in one environment, one episode after the other, and makes a video of what is to be seen
/// after every step. Returns the return of each. Throws as VideoFile, and Error(usage) where the environment cannot be
/// drawn; a stop signal ends it with Error(128 + signal) and without a video.
std::vector<double> film_episodes(const PlayedRun& run, std::uint64_t seed, ActMode mode, int episodes,
                                  const std::filesystem::path& file);

}  // namespace slm
