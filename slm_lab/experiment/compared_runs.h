#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "slm_lab/report/comparison.h"

namespace slm {

struct PlotOptions {
  std::vector<std::string> folders;  ///< as find_run() takes them
  std::vector<std::string> legend;   ///< one per folder; empty: by algorithm, or what else tells them apart
  std::filesystem::path data = "data";
  std::filesystem::path output;  ///< a .png or .svg file, or a folder for both; empty: plots in the data folder
  std::string metric = "total_reward_ma";
  ComparisonOptions comparison;  ///< an empty title becomes that of the environments
};

/// One picture of the learning curves of several runs, finished or not; of a search those of its best trial. Returns
/// the files that it wrote. Throws SpecError where a run has no log point yet, or a word means nothing.
std::vector<std::filesystem::path> plot_runs(const PlotOptions& options);

}  // namespace slm
