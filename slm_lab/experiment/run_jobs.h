#pragma once

#include <chrono>

#include "slm_lab/experiment/job_source.h"

namespace slm {

struct RunJobsOptions {
  /// After a stop signal, sessions that have not written their checkpoint by then are ended: one that hangs must not
  /// hold up a machine that goes down.
  std::chrono::milliseconds stop_deadline = std::chrono::seconds(30);
  /// Before a session that crashed starts again; twice as long each further time.
  std::chrono::milliseconds retry_delay = std::chrono::seconds(1);
};

/// Runs what `source` asks for on `executor`, side by side as far as its budget goes, until there is nothing left. A
/// session that crashes is started again from its checkpoint, up to twice in a row without progress, or eight times
/// where it went with something else (JobEnded::failure). On a stop signal every session checkpoints and ends, and
/// nothing more is started.
void run_jobs(JobSource& source, Executor& executor, const RunJobsOptions& options = {});

}  // namespace slm
