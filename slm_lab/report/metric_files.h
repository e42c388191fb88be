#pragma once

#include <span>
#include <string>

#include "slm_lab/report/metrics.h"

namespace slm {

// The texts of the metric files in info/: JSON with SLM-Lab's keys and indent 2; a missing or infinite number is null
// (SLM-Lab writes a bare NaN, which is not JSON).

/// {name}_t{t}_trial_metrics.json, with the scores and series of each session; `trial` is trial_metrics(sessions).
std::string trial_metrics_json(const TrialMetrics& trial, std::span<const SessionMetrics> sessions);
std::string trial_metrics_scalar_json(const TrialMetrics& trial);  ///< {name}_t{t}_trial_metrics_scalar.json
/// Its numbers, without the series. Throws Error(corrupt) naming `file`.
TrialMetrics parse_trial_metrics_scalar(const std::string& text, const std::string& file);

}  // namespace slm
