#pragma once

#include "slm_lab/spec/load.h"
#include "slm_lab/store/data_folder.h"

namespace slm {

/// Writes the resolved spec (templates filled, overrides applied) of a run and of its trial 0. A saved spec is itself a
/// spec file that `slm-lab run` accepts.
void save_spec(const DataFolder& folder, const LoadedSpec& loaded);

/// What save_spec wrote, with PATH=VALUE overrides. Throws Error(corrupt) when it cannot be read or is not the one that
/// the run's manifest knows.
LoadedSpec load_saved_spec(const DataFolder& folder, int trial, const std::vector<std::string>& overrides = {});

}  // namespace slm
