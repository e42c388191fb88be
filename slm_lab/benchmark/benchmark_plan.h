#pragma once

#include <optional>
#include <string>

#include "slm_lab/base/error.h"
#include "slm_lab/benchmark/benchmark_options.h"
#include "slm_lab/experiment/benchmark_rows.h"
#include "slm_lab/experiment/lab_spec.h"
#include "slm_lab/report/benchmark_result.h"
#include "slm_lab/spec/load.h"
#include "slm_lab/store/data_folder.h"

namespace slm {

/// What is to be done for a row.
struct BenchmarkPlan {
  enum class Kind {
    done,     ///< this spec, seed and number of sessions have a finished result
    resume,   ///< have a run folder; with --again, one that is not finished
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

/// Whether it is the finished result of this spec, seed and number of sessions.
bool is_done(const std::optional<BenchmarkResult>& result, const LoadedSpec& loaded);

}  // namespace slm
