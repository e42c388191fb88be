#pragma once

#include <string>
#include <vector>

#include "slm_lab/experiment/lab_spec.h"
#include "slm_lab/report/metrics.h"
#include "slm_lab/report/record.h"
#include "slm_lab/report/summary.h"
#include "slm_lab/store/data_folder.h"
#include "slm_lab/store/session_result.h"

namespace slm {

/// Draws the graphs of a trial and of its sessions from the CSV files that are there. Pictures that cannot be drawn
/// cost a run nothing: the reason is printed.
void draw_graphs(const DataFolder& folder, const LabSpec& spec, int trial);

/// The log points of a session as of its newest checkpoint; `df` is train or eval. None before the first.
std::vector<SessionRow> session_table(const DataFolder& folder, int trial, int session, const char* df);

struct TrialAnalysis {
  TrialMetrics metrics;
  std::vector<SessionSummary> sessions;  ///< for trial_summary
};
/// Metrics of a finished trial: writes the trial_metrics files.
TrialAnalysis analyse_trial(const DataFolder& folder, const LabSpec& spec, int trial);

}  // namespace slm
