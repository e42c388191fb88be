#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "slm_lab/experiment/executor.h"

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

}  // namespace slm
