#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "slm_lab/experiment/benchmark_rows.h"
#include "slm_lab/report/benchmark_page.h"
#include "slm_lab/report/metrics.h"
#include "slm_lab/spec/load.h"

namespace slm {

/// The spec of a row as it runs with these seeds. Throws SpecError.
LoadedSpec load_benchmark_spec(const BenchmarkRow& row, const std::filesystem::path& repository, int sessions,
                               std::int64_t seed, const std::vector<std::string>& overrides);

/// What the benchmark keeps, docs/benchmarks: per row results/{group}_{spec_name}.json and
/// curves/{group}_{spec_name}.csv; per environment {group}.png and .svg. The page is rendered from these files alone.
class BenchmarkFolder {
 public:
  /// Its page is BENCHMARKS.md: beside the folder when that is docs/benchmarks of the repository, otherwise inside.
  BenchmarkFolder(const std::filesystem::path& root, std::filesystem::path repository);

  const std::filesystem::path& page() const { return page_; }
  /// Nothing when the row has not run; throws Error(corrupt).
  std::optional<BenchmarkResult> result(const BenchmarkRow& row) const;
  /// The result comes last: a row that has it has all.
  void save(const BenchmarkRow& row, const BenchmarkResult& result, std::span<const SessionMetrics> sessions) const;
  /// Writes the page and the pictures.
  void render() const;
  /// All rows as they stand, for the page or a table; with `chosen`, those alone.
  std::vector<BenchmarkPageEnv> envs(std::span<const BenchmarkRow* const> chosen) const;

 private:
  std::filesystem::path result_file(const BenchmarkRow& row) const;
  std::filesystem::path curves_file(const BenchmarkRow& row) const;
  BenchmarkPageRow page_row(const BenchmarkRow& row) const;
  bool spec_changed(const BenchmarkRow& row, const BenchmarkResult& result) const;
  bool draw(const BenchmarkEnv& env) const;

  std::filesystem::path root_, repository_, page_;
};

}  // namespace slm
