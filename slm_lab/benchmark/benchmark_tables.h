#pragma once

#include <span>

#include "slm_lab/benchmark/benchmark_options.h"
#include "slm_lab/experiment/benchmark_rows.h"

namespace slm {

/// Prints every row: what the page says of it, whether that is for the spec as it is shipped, and how it stands here.
void list_benchmark(std::span<const BenchmarkRow* const> rows, const BenchmarkOptions& options);

/// Prints how far these rows are, without running anything: sessions that are done, frames, and whether one is at work.
void print_benchmark_status(std::span<const BenchmarkRow* const> rows, const BenchmarkOptions& options);

/// Writes the page and the pictures from the results files that are there.
void render_benchmark(const BenchmarkOptions& options);

}  // namespace slm
