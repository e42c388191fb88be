#pragma once

namespace slm {

/// What a process does when it is asked to stop for the second time.
enum class SecondStop {
  mark,        ///< nothing more: the driver decides about its sessions
  end_at_once  ///< the loop has a moment to end in order, then the process ends wherever it is
};

/// From now on INT, TERM and HUP only leave a mark, so that a run can end at a safe place. A HUP that was ignored
/// already (nohup) stays ignored. A pipe that nobody reads any longer, and a file as large as files may become, are
/// errors of writing instead of signals.
void catch_stop_signals(SecondStop second);

/// The signal that asked to stop, or 0.
int stop_signal();

/// How many have arrived; the second one means "now".
int stop_signal_count();

}  // namespace slm
