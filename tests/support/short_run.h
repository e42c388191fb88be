#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <ostream>
#include <string>
#include <vector>

#include "slm_lab/base/build_info.h"
#include "tests/support/process.h"
#include "tests/support/run_folder.h"
#include "tests/support/scratch_folder.h"

namespace slm {

/// A short run of a shipped spec with a log point, and so possibly a checkpoint, every 500 frames.
struct ShortRun {
  const char* file;
  const char* spec;
  std::int64_t max_frame;
  std::vector<std::string> overrides = {};
  std::vector<std::string> options = {};

  std::vector<std::string> command(const std::filesystem::path& data, const std::string& mode,
                                   const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments = {
        "run", fmt::format("{}/slm_lab/spec/benchmark/{}", source_dir(), file), spec, mode, "--data", data.string()};
    std::vector<std::string> changes = {fmt::format("env.max_frame={}", max_frame), "meta.log_frequency=500",
                                        "meta.max_session=1"};
    changes.insert(changes.end(), overrides.begin(), overrides.end());
    for (const std::string& change : changes) arguments.insert(arguments.end(), {"--override", change});
    arguments.insert(arguments.end(), options.begin(), options.end());
    arguments.insert(arguments.end(), more.begin(), more.end());
    return slm_lab(arguments);
  }

  std::int64_t log_points() const { return max_frame / 500; }
};

inline void PrintTo(const ShortRun& run, std::ostream* out) { *out << run.spec; }

/// Runs to the end without an interruption.
inline std::map<std::string, std::string> uninterrupted(const ShortRun& run, const std::vector<std::string>& more = {},
                                                        const ProcessOptions& options = {}) {
  const ScratchFolder scratch;
  const ProcessResult result = run_program(run.command(scratch / "data", "train", more), options);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  std::map<std::string, std::string> results = results_of(only_run(scratch / "data"));
  EXPECT_GE(results.size(), 4u);  // of each session: a table, last and best weights; and the metrics
  return results;
}

}  // namespace slm
