#include "slm_lab/experiment/trial.h"

#include <fmt/format.h>

#include "slm_lab/experiment/analysis.h"

namespace slm {

TrialOutcome run_trial(const TrialRun& trial, Executor& executor, const PoolOptions& options) {
  TrialOutcome outcome;
  run_sessions({&trial, 1}, executor, options, [&](std::size_t, const TrialOutcome& ended) { outcome = ended; });
  draw_graphs(trial.folder, trial.spec, trial.trial);
  if (outcome.exit_code == 0) fmt::print("{}", analyse_trial(trial.folder, trial.spec, trial.trial));
  return outcome;
}

}  // namespace slm
