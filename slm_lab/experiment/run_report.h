#pragma once

#include "slm_lab/report/report_page.h"
#include "slm_lab/store/data_folder.h"

namespace slm {

/// The page of a run or a search, finished or not, from what lies in its folder. Without curves
/// and films, it costs little however long the run is.
ReportPage run_report(const DataFolder& folder, bool with_curves = true);

}  // namespace slm
