#pragma once

#include <span>

#include "slm_lab/benchmark/benchmark_options.h"
#include "slm_lab/experiment/benchmark_rows.h"

namespace slm {

/// Brings these rows to a result, all their sessions in one pool over the cores, and renders the page; prints a table
/// of them. Whoever calls it again goes on where it was stopped, and skips what is done. A row below its target is no
/// failure; the exit code is that of the first session that failed, or of the stop. Throws MissingPart before anything
/// runs.
int run_benchmark(std::span<const BenchmarkRow* const> rows, const BenchmarkOptions& options);

}  // namespace slm
