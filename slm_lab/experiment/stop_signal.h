#pragma once

namespace slm {

/// From now on INT, TERM and HUP only leave a mark, so that a run can end at a safe place.
void catch_stop_signals();

/// The signal that asked to stop, or 0.
int stop_signal();

/// How many have arrived; the second one means "now".
int stop_signal_count();

}  // namespace slm
