#pragma once

#include "slm_lab/experiment/executor.h"
#include "slm_lab/experiment/session_pool.h"

namespace slm {

/// Runs the sessions of a trial that are not done yet on `executor`, shows their progress, draws their graphs, and
/// prints its metrics when all are there.
TrialOutcome run_trial(const TrialRun& trial, Executor& executor, const PoolOptions& options);

}  // namespace slm
