#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "slm_lab/report/json_file.h"
#include "slm_lab/store/data_folder.h"
#include "slm_lab/store/search_journal.h"

namespace slm {

/// A run or a search in short, as anybody sees it who looks into its folder while it runs or later.
struct RunOverview {
  std::string name;          ///< of the folder
  std::string folder;        ///< path
  std::string kind = "run";  ///< run or search
  std::string spec_name;
  std::string algorithm, env;
  std::string state;    ///< running, done, stopped, killed, diverged, failed; damaged where it cannot be read
  std::string problem;  ///< why it is damaged
  std::int64_t frame = 0, max_frame = 0;  ///< of a run: mean over its sessions
  int sessions = 0;                       ///< of a run; of each trial of a search
  int trials = 0, max_trial = 0;          ///< of a search: ended, asked for
  /// total_reward_ma: of a run the mean of its sessions, of a search that of its best trial.
  double total_reward_ma = std::numeric_limits<double>::quiet_NaN();
  double eval_return_d100 = std::numeric_limits<double>::quiet_NaN();  ///< D-100 of a finished run
  std::string started;                                                 ///< local time
  double wall_seconds = 0;
  std::uint64_t seed = 0;
  std::string version;
};

/// Never throws for what is wrong with the folder: says it. `journal`: of a search, where somebody has it read already.
RunOverview run_overview(const DataFolder& folder, const SearchJournal* journal = nullptr);

std::string overview_table(const std::vector<RunOverview>& runs);
Json overview_json(const RunOverview& run);
std::string overview_json(const std::vector<RunOverview>& runs);

}  // namespace slm
