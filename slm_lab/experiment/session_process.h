#pragma once

#include <functional>

#include "slm_lab/experiment/executor.h"
#include "slm_lab/experiment/session_message.h"

namespace slm {

/// How a session talks to who started it.
struct SessionLine {
  std::function<void(const SessionMessage&)> report;
  /// Waits for the answer to a report that asks; a stop signal ends the wait.
  std::function<Answer()> answer;
};

/// Runs one session of a run folder from its newest checkpoint (or its start) to its end, in this process: log lines,
/// CSV rows, model files and checkpoints go into the folder, the line is told what a parent may show. Stops at a
/// checkpoint when stop_signal() says so; ends and is done at the log point where the line says so. Returns the
/// process's exit code; throws Error.
int run_session(const SessionJob& job, const SessionLine& line);

}  // namespace slm
