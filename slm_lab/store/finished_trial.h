#pragma once

#include "slm_lab/store/data_folder.h"

namespace slm {

/// A trial that is done keeps its results in trial_metrics.json and the states of its sessions in one file; their own
/// files go. Sessions with a replay lose it, and so their state, unless it is to be kept. At every instant all of what
/// is kept is there once, so that a killed process may be repeated.
void pack_trial(const DataFolder& folder, int trial, int num_sessions, bool keep_replay);

/// Puts the states back to where sessions look for theirs.
void unpack_states(const DataFolder& folder, int trial, int num_sessions);

}  // namespace slm
