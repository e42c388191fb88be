#pragma once

#include <span>
#include <string>

#include "slm_lab/experiment/lab_spec.h"
#include "slm_lab/search/search_point.h"
#include "slm_lab/spec/load.h"

namespace slm {

/// What one trial of a search runs.
struct TrialSpec {
  LoadedSpec loaded;
  LabSpec spec;
  std::string problem;  ///< why this is no legal spec; empty where it is one
};

/// The spec of a search with these values in it, without its search block. Under a scheduler, which compares sessions
/// while they run, a trial has one. It is checked as any other spec.
TrialSpec trial_spec(const LoadedSpec& base, std::span<const SearchDimension> searched, const SearchPoint& parameters);

/// The same as a spec to train or to search on from: all else as it was given.
LoadedSpec best_spec(const LoadedSpec& base, std::span<const SearchDimension> searched, const SearchPoint& parameters);

}  // namespace slm
