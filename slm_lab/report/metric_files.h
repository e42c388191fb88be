#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "slm_lab/report/metrics.h"

namespace slm {

// The texts of the metric files in info/: JSON with SLM-Lab's keys and indent 2; a missing or infinite number is null
// (SLM-Lab writes a bare NaN, which is not JSON).

std::string session_metrics_json(const SessionMetrics& session);  ///< ..._session_metrics_{train|eval}.json

/// {name}_t{t}_trial_metrics.json; `trial` is trial_metrics(sessions).
std::string trial_metrics_json(const TrialMetrics& trial, std::span<const SessionMetrics> sessions);
std::string trial_metrics_scalar_json(const TrialMetrics& trial);  ///< {name}_t{t}_trial_metrics_scalar.json

/// What session_metrics_json wrote. Throws Error(io) when there is no such file, Error(corrupt) when it is something
/// else.
SessionMetrics read_session_metrics(const std::filesystem::path& file);

}  // namespace slm
