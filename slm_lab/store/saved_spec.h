#pragma once

#include "slm_lab/spec/load.h"
#include "slm_lab/store/data_folder.h"

namespace slm {

/// Writes the resolved spec (templates filled, overrides applied) of a run and of its trial 0. A saved spec is itself a
/// spec file that `slm-lab run` accepts.
void save_spec(const DataFolder& folder, const LoadedSpec& loaded);

/// That of a search, whose trials have specs of their own.
void save_search_spec(const DataFolder& folder, const LoadedSpec& loaded);

/// The spec of a trial of a search, which is not that of its run. Not durable: whoever goes on with the search writes
/// it again.
void save_trial_spec(const DataFolder& folder, int trial, const LoadedSpec& loaded);

/// What save_spec wrote, with PATH=VALUE overrides. Throws Error(corrupt) when it cannot be read or is not the one that
/// the run's manifest knows; of a trial of a search: when its hash is not `hash`, or where that is empty not the one
/// that the journal knows.
LoadedSpec load_saved_spec(const DataFolder& folder, int trial, const std::string& hash = "",
                           const std::vector<std::string>& overrides = {});

/// The spec that was given to a search, verified in the same way.
LoadedSpec load_search_spec(const DataFolder& folder);

}  // namespace slm
