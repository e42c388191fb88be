#pragma once

#include <string>
#include <vector>

#include "slm_lab/experiment/benchmark_rows.h"
#include "slm_lab/report/plot.h"

namespace slm {

/// What the rows of the benchmark must exceed there; it says so where that is not the moving average, as curves are.
ReferenceLine target_line(const BenchmarkEnv& env);

/// The returns to reach in an environment: that at which it counts as solved, and the benchmark's target.
std::vector<ReferenceLine> reference_lines(const std::string& env);

}  // namespace slm
