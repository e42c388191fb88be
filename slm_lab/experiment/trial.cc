#include "slm_lab/experiment/trial.h"

#include <cstdio>

#include "slm_lab/experiment/analysis.h"

namespace slm {

TrialOutcome run_trial(const TrialRun& trial, Executor& executor, const PoolOptions& options) {
  TrialOutcome outcome;
  run_sessions({&trial, 1}, executor, options, [&](std::size_t, const TrialOutcome& ended) { outcome = ended; });
  // fputs does not throw: a reader that has gone must not keep the manifest from being closed.
  if (outcome.exit_code == 0)
    std::fputs(trial_summary(analyse_trial(trial.folder, trial.spec, trial.trial).sessions).c_str(), stdout);
  return outcome;
}

}  // namespace slm
