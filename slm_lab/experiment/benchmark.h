#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "slm_lab/base/error.h"
#include "slm_lab/experiment/benchmark_rows.h"
#include "slm_lab/experiment/executor.h"
#include "slm_lab/experiment/lab_spec.h"
#include "slm_lab/spec/load.h"
#include "slm_lab/store/data_folder.h"

namespace slm {

struct BenchmarkOptions {
  std::filesystem::path repository;               ///< where the spec files are
  std::filesystem::path data = "data/benchmark";  ///< run folders
  std::filesystem::path results;                  ///< see BenchmarkFolder
  std::optional<int> sessions;                    ///< of every row; default: those of the page
  std::optional<std::int64_t> seed;  ///< of every row; default: that of the page, which no settings were chosen with
  std::vector<std::string> overrides;
  bool again = false;  ///< also what is done
  int threads = 0;     ///< in all; 0: as many as cores
  double checkpoint_seconds = 5;
  std::string log_level = "info";
  std::vector<std::string> command_line;                                                      ///< for the manifests
  std::function<std::unique_ptr<Executor>(const Resources& budget)> make_executor = nullptr;  ///< or LocalExecutor
};

/// What is to be done for a row.
struct BenchmarkPlan {
  enum class Kind {
    done,     ///< this spec, seed and number of sessions have a finished result
    resume,   ///< have a run folder
    start,    ///< have neither
    refused,  ///< cannot run here
  };
  const BenchmarkRow* row;
  Kind kind = Kind::start;
  std::string reason = "";                ///< refused
  int exit_code = 0;                      ///< refused
  std::string part = "";                  ///< refused: for the want of this optional part
  std::string version = "";               ///< done: of the program that did it
  std::optional<LoadedSpec> loaded = {};  ///< unless refused
  std::optional<LabSpec> spec = {};
  std::optional<DataFolder> folder = {};  ///< resume

  void refuse(const Error& error);
};
/// Tries nothing out: hundreds of rows are planned in a moment.
BenchmarkPlan plan_benchmark_row(const BenchmarkRow& row, const BenchmarkOptions& options);

/// Brings these rows to a result, all their sessions in one pool over the cores, and renders the page; prints a table
/// of them. Whoever calls it again goes on where it was stopped, and skips what is done. A row below its target is no
/// failure; the exit code is that of the first session that failed, or of the stop. Throws MissingPart before anything
/// runs.
int run_benchmark(std::span<const BenchmarkRow* const> rows, const BenchmarkOptions& options);

/// Prints every row: what the page says of it, whether that is for the spec as it is shipped, and how it stands here.
void list_benchmark(std::span<const BenchmarkRow* const> rows, const BenchmarkOptions& options);

/// Prints how far these rows are, without running anything: sessions that are done, frames, and whether one is at work.
void print_benchmark_status(std::span<const BenchmarkRow* const> rows, const BenchmarkOptions& options);

/// Writes the page and the pictures from the results files that are there.
void render_benchmark(const BenchmarkOptions& options);

}  // namespace slm
