#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "slm_lab/report/benchmark_result.h"

namespace slm {

/// docs/benchmarks of the repository.
std::filesystem::path benchmark_page_folder(const std::filesystem::path& repository);

/// The folder of the benchmark, docs/benchmarks, and the names of its files: results/{row}.json and curves/{row}.csv
/// (row: {group}_{spec_name}), pictures at its top, and the page that is rendered from them.
class BenchmarkStore {
 public:
  /// The page is BENCHMARKS.md: beside the folder when that is docs/benchmarks of the repository, otherwise inside.
  BenchmarkStore(const std::filesystem::path& root, const std::filesystem::path& repository);

  const std::filesystem::path& root() const { return root_; }
  const std::filesystem::path& page() const { return page_; }
  std::filesystem::path results() const { return root_ / "results"; }

  /// Nothing when the row has not run; throws Error(corrupt).
  std::optional<BenchmarkResult> result(const std::string& row) const;
  /// Frames and mean returns of its sessions; nothing when there are none.
  std::optional<std::vector<SessionMetrics>> curves(const std::string& row) const;
  /// The result comes last: a row that has it has all.
  void save(const std::string& row, const BenchmarkResult& result, std::span<const SessionMetrics> sessions) const;
  void save_page(const std::string& text) const;
  /// Makes the folder. Throws Error(usage) when that is not possible.
  void create() const;

 private:
  std::filesystem::path result_file(const std::string& row) const;
  std::filesystem::path curves_file(const std::string& row) const;

  std::filesystem::path root_, page_;
};

}  // namespace slm
