#pragma once

#include <filesystem>

#include "slm_lab/report/report_page.h"

namespace slm {

/// Whether this is a folder of benchmark results: docs/benchmarks, or what `slm-lab benchmark --results` was given.
bool holds_benchmark(const std::filesystem::path& folder);

/// The page of what such a folder holds: a row per row of the benchmark, its curves environment by environment, and
/// where it ran. `repository`: where the spec files are.
ReportPage benchmark_report(const std::filesystem::path& folder, const std::filesystem::path& repository);

}  // namespace slm
