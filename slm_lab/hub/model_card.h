#pragma once

#include <string>

#include "slm_lab/experiment/played_run.h"

namespace slm {

/// The README.md of a model repository that holds the last weights of this session: what a hub reads (YAML), the
/// returns of all sessions with their intervals, and how to load it.
std::string model_card(const PlayedRun& run, const std::string& repo);

}  // namespace slm
