#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "slm_lab/experiment/benchmark_rows.h"
#include "slm_lab/report/benchmark_page.h"
#include "slm_lab/report/metrics.h"
#include "slm_lab/spec/load.h"
#include "slm_lab/store/benchmark_store.h"

namespace slm {

/// The spec of a row as it runs with these seeds. Throws SpecError.
LoadedSpec load_benchmark_spec(const BenchmarkRow& row, const std::filesystem::path& repository, int sessions,
                               std::int64_t seed, const std::vector<std::string>& overrides);

/// The rows of the benchmark with what its store holds of each. The page, with one picture per environment, is rendered
/// from that alone.
class BenchmarkFolder {
 public:
  BenchmarkFolder(const std::filesystem::path& root, const std::filesystem::path& repository)
      : store_(root, repository), repository_(repository) {}

  const std::filesystem::path& page() const { return store_.page(); }
  /// Nothing when the row has not run; throws Error(corrupt).
  std::optional<BenchmarkResult> result(const BenchmarkRow& row) const;
  /// Frames and mean returns of its sessions; nothing when there are none.
  std::optional<std::vector<SessionMetrics>> curves(const BenchmarkRow& row) const;
  /// What its curve is called: the algorithm, and whether it is under way.
  std::string label(const BenchmarkRow& row) const;
  /// The result comes last: a row that has it has all.
  void save(const BenchmarkRow& row, const BenchmarkResult& result, std::span<const SessionMetrics> sessions) const;
  /// Writes the page and the pictures.
  void render() const;
  /// All rows as they stand, for the page or a table; with `chosen`, those alone.
  std::vector<BenchmarkPageEnv> envs(std::span<const BenchmarkRow* const> chosen) const;

 private:
  BenchmarkPageRow page_row(const BenchmarkRow& row) const;
  bool spec_changed(const BenchmarkRow& row, const BenchmarkResult& result) const;
  bool draw(const BenchmarkEnv& env) const;

  BenchmarkStore store_;
  std::filesystem::path repository_;
};

}  // namespace slm
