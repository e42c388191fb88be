#pragma once

#include <functional>

#include "slm_lab/experiment/executor.h"
#include "slm_lab/experiment/session_message.h"

namespace slm {

/// Runs one session of a run folder from its newest checkpoint (or its start) to its end, in this process: log lines,
/// CSV rows, model files and checkpoints go into the folder, `report` is told what a parent may show. Stops at a
/// checkpoint when stop_signal() says so. Returns the process's exit code; throws Error.
int run_session(const SessionJob& job, const std::function<void(const SessionMessage&)>& report);

}  // namespace slm
