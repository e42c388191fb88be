#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "slm_lab/experiment/executor.h"
#include "slm_lab/experiment/lab_spec.h"
#include "slm_lab/report/profile_table.h"
#include "slm_lab/store/data_folder.h"

namespace slm {

/// A trial whose sessions are to be run.
struct TrialRun {
  DataFolder folder;
  LabSpec spec;
  int trial = 0;
  std::string name;  ///< before the names of its sessions on the terminal; empty where it is the only one
};

struct SessionFailure {
  int session = 0;
  std::string reason;  ///< what the session said last
  std::filesystem::path log;

  std::string text() const;  ///< for the user
};

struct TrialOutcome {
  int exit_code = 0;  ///< 0, or that of the first session that failed, or 128 + the stopping signal
  std::vector<SessionFailure> failures;
  double seconds = 0;                    ///< wall-clock from the start of its first session to the end of its last
  std::vector<SessionProfile> profiles;  ///< of the sessions that have trained
};

struct PoolOptions {
  int threads_per_session = 1;
  double checkpoint_seconds = 5;
  std::string log_level = "info";                               ///< of the terminal
  bool compact = false;                                         ///< see ProgressView
  bool profile = false;                                         ///< see ProgressView
  std::function<void(std::size_t run)> checkpointed = nullptr;  ///< a session of the run has saved its state
};

/// Runs the sessions of all these trials that are not done yet on `executor`, in their order and as many at once as its
/// budget allows, so that no core waits for a trial to end; shows their progress on standard error and has graphs drawn
/// as checkpoints arrive and when a trial ends. On a stop signal every session checkpoints and ends. `ended` is called
/// once per trial, when its last session has ended or was kept from starting.
void run_sessions(std::span<const TrialRun> runs, Executor& executor, const PoolOptions& options,
                  const std::function<void(std::size_t run, const TrialOutcome& outcome)>& ended);

}  // namespace slm
