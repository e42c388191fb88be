#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "slm_lab/report/metrics.h"

namespace slm {

/// The curves of a row's sessions, which log at the same frames, as a small CSV file: frame, then mean_returns_ma of
/// each session by its number (s0, s1, ...), empty where it is none or the session has not come that far. At most
/// `max_points` lines, evenly spaced, the last log point of the longest session among them.
std::string benchmark_curves_csv(std::span<const SessionMetrics> sessions, std::size_t max_points = 200);

/// The sessions, each as far as it came, with frames and mean_returns_ma alone: NaN where the file has no number.
/// Throws Error(corrupt) that names `file`.
std::vector<SessionMetrics> parse_benchmark_curves(std::string_view text, std::string_view file);

}  // namespace slm
