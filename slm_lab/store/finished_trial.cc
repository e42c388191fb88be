#include "slm_lab/store/finished_trial.h"

#include <fmt/format.h>

#include <vector>

#include "slm_lab/base/file.h"
#include "slm_lab/store/checkpoint.h"
#include "slm_lab/store/weights.h"

namespace slm {
namespace {

namespace fs = std::filesystem;

std::string prefix(int session) { return fmt::format("s{}.", session); }

/// Where a folder goes that is being removed; is_unfinished() knows it by its end.
fs::path doomed(const fs::path& folder) { return folder.string() + ".partial"; }

/// As a whole: what a process left that was killed amid it is no damaged folder.
void remove_folder(const fs::path& folder) {
  if (file_exists(folder)) {
    fs::rename(folder, doomed(folder));
    sync_directory(folder.parent_path());
  }
  fs::remove_all(doomed(folder));
}

void pack_states(const DataFolder& folder, int trial, int num_sessions, bool keep_replay) {
  bool any = false;
  for (int session = 0; session < num_sessions; ++session) {
    fs::remove_all(doomed(folder.checkpoints(trial, session)));
    any = any || file_exists(folder.checkpoints(trial, session));
  }
  if (!any) return;                            // all was done by an earlier run of the program
  unpack_states(folder, trial, num_sessions);  // one that was killed amid the removals below
  Archive states;
  std::vector<bool> packed;
  for (int session = 0; session < num_sessions; ++session)
    packed.push_back(CheckpointStore(folder.checkpoints(trial, session)).pack(states, prefix(session)));
  if (!states.arrays().empty()) write_weights(folder.states(trial), std::move(states), {});
  for (int session = 0; session < num_sessions; ++session)
    if (packed[session] || !keep_replay) remove_folder(folder.checkpoints(trial, session));
}

}  // namespace

void pack_trial(const DataFolder& folder, int trial, int num_sessions, bool keep_replay) {
  pack_states(folder, trial, num_sessions, keep_replay);
  for (int session = 0; session < num_sessions; ++session) fs::remove(folder.session_result(trial, session));
}

void unpack_states(const DataFolder& folder, int trial, int num_sessions) {
  if (!file_exists(folder.states(trial))) return;
  Archive states = read_weights(folder.states(trial), {});
  for (int session = 0; session < num_sessions; ++session)
    CheckpointStore(folder.checkpoints(trial, session)).unpack(states, prefix(session));
}

}  // namespace slm
