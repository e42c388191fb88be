#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

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
  int sessions = 4;
  std::int64_t seed = 1000;  ///< settings are chosen with others
  std::vector<std::string> overrides;
  bool again = false;  ///< also what is done
  int threads = 0;     ///< in all; 0: as many as cores
  double checkpoint_seconds = 5;
  std::string log_level = "info";
  std::vector<std::string> command_line;                                        ///< for the manifests
  std::function<std::unique_ptr<Executor>(int slots)> make_executor = nullptr;  ///< default: LocalExecutor
};

/// What is to be done for a row.
struct BenchmarkPlan {
  enum class Kind {
    done,     ///< this spec, seed, number of sessions and version have a result
    resume,   ///< have a run folder
    start,    ///< have nothing yet
    refused,  ///< cannot run here
  };
  const BenchmarkRow* row;
  Kind kind = Kind::start;
  std::string reason = "";                ///< refused
  std::optional<LoadedSpec> loaded = {};  ///< unless refused
  std::optional<LabSpec> spec = {};
  std::optional<DataFolder> folder = {};  ///< resume
};
BenchmarkPlan plan_benchmark_row(const BenchmarkRow& row, const BenchmarkOptions& options);

/// Brings these rows to a result, all their sessions in one pool over the cores, and renders the page; prints a table
/// of them. Whoever calls it again goes on where it was stopped, and skips what is done. A row below its target is no
/// failure; the exit code is that of the first session that failed, or of the stop.
int run_benchmark(std::span<const BenchmarkRow* const> rows, const BenchmarkOptions& options);

/// Prints every row and how it stands.
void list_benchmark(const BenchmarkOptions& options);

/// Writes the page and the pictures from the results files that are there.
void render_benchmark(const BenchmarkOptions& options);

}  // namespace slm
