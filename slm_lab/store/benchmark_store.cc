#include "slm_lab/store/benchmark_store.h"

#include <fmt/format.h>

#include "slm_lab/base/error.h"
#include "slm_lab/base/file.h"
#include "slm_lab/report/benchmark_curves.h"

namespace slm {
namespace {

namespace fs = std::filesystem;

void make_folder(const fs::path& folder) {
  std::error_code failure;
  fs::create_directories(folder, failure);
  if (failure)
    throw Error(ExitCode::usage,
                fmt::format("cannot create the results folder {}: {}; choose another with --results DIR",
                            folder.string(), failure.message()));
}

}  // namespace

fs::path benchmark_page_folder(const fs::path& repository) { return repository / "docs" / "benchmarks"; }

BenchmarkStore::BenchmarkStore(const fs::path& root, const fs::path& repository)
    : root_(fs::absolute(root).lexically_normal()) {
  if (root_.filename().empty()) root_ = root_.parent_path();  // a trailing slash
  const bool is_ours = root_ == fs::absolute(benchmark_page_folder(repository)).lexically_normal();
  page_ = (is_ours ? root_.parent_path() : root_) / "BENCHMARKS.md";
}

fs::path BenchmarkStore::result_file(const std::string& row) const { return results() / (row + ".json"); }
fs::path BenchmarkStore::curves_file(const std::string& row) const { return root_ / "curves" / (row + ".csv"); }

std::optional<BenchmarkResult> BenchmarkStore::result(const std::string& row) const {
  const fs::path file = result_file(row);
  if (!fs::exists(file)) return std::nullopt;
  return parse_benchmark_result(read_file(file), file.string());
}

std::optional<std::vector<SessionMetrics>> BenchmarkStore::curves(const std::string& row) const {
  const fs::path file = curves_file(row);
  if (!fs::exists(result_file(row)) || !fs::exists(file)) return std::nullopt;
  return parse_benchmark_curves(read_file(file), file.string());
}

void BenchmarkStore::save(const std::string& row, const BenchmarkResult& result,
                          std::span<const SessionMetrics> sessions) const {
  make_folder(results());
  make_folder(root_ / "curves");
  write_file_durably(curves_file(row), benchmark_curves_csv(sessions));
  write_file_durably(result_file(row), benchmark_result_json(result));
}

void BenchmarkStore::save_page(const std::string& text) const { write_file_durably(page_, text); }

void BenchmarkStore::create() const { make_folder(root_); }

}  // namespace slm
