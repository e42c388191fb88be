#pragma once

#include <vector>

#include "slm_lab/experiment/data_folder.h"
#include "slm_lab/experiment/executor.h"
#include "slm_lab/experiment/lab_spec.h"
#include "slm_lab/experiment/session_result.h"

namespace slm {

struct TrialOptions {
  int trial = 0;
  int threads_per_session = 1;
  std::string log_level = "info";  ///< of the terminal
  double checkpoint_seconds = 5;
};

struct TrialOutcome {
  int exit_code = 0;                   ///< 0, or that of the first session that failed, or 128 + the stopping signal
  std::vector<std::string> failures;   ///< one text per session that failed
};

/// Runs the sessions of a trial that are not done yet on `executor`, shows their progress on standard error, draws
/// graphs as checkpoints arrive, and analyses what is there. A session that crashes is started once more from its
/// checkpoint. On a stop signal every session checkpoints and ends.
TrialOutcome run_trial(const DataFolder& folder, const LabSpec& spec, Executor& executor, const TrialOptions& options);

}  // namespace slm
