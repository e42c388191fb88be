#pragma once

#include <filesystem>
#include <string>

#include "slm_lab/hub/hub.h"
#include "slm_lab/store/data_folder.h"

namespace slm {

struct PushOptions {
  bool is_private = false;
  bool unfinished = false;  ///< whatever is there, checkpoints too, so that the run can go on elsewhere
};

/// Publishes a run folder in one commit: as `data/FOLDER` of a data set or, in a model repository, the last weights of
/// its best session with a card. Throws SpecError for what is no run, or not finished; Error(corrupt) where a file is
/// not as its manifest says; Error(remote).
void push_run(const HubPlace& hub, const DataFolder& folder, const PushOptions& options);

/// Fetches the newest run of this spec (or with `all` every one), or the folder of this name (with or without data/
/// before it), into `data`. A folder appears there when all of it has arrived and is what the hub and its manifest say.
/// Throws SpecError where there is no such run; Error(remote); Error(corrupt).
void pull_runs(const HubPlace& hub, const std::string& name, const std::filesystem::path& data, bool all);

/// Prints the runs of the repository: with a `name` those that pull_runs() could fetch by it.
void list_remote_runs(const HubPlace& hub, const std::string& name, bool json);

}  // namespace slm
