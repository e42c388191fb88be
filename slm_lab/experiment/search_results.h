#pragma once

#include <chrono>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "slm_lab/experiment/lab_spec.h"
#include "slm_lab/report/experiment_files.h"
#include "slm_lab/search/search_point.h"
#include "slm_lab/spec/load.h"
#include "slm_lab/store/data_folder.h"
#include "slm_lab/store/search_journal.h"

namespace slm {

/// What the trials of a search have to show, and the files that say it.
class SearchResults {
 public:
  SearchResults(const DataFolder& folder, const LoadedSpec& base, std::vector<SearchDimension> searched);

  /// A trial that has ended, however: writes the files of its own. `spec` is not asked for of one that failed.
  void add(int trial, const JournalTrial& entry, const LabSpec& spec);
  /// Writes the files of the search and removes the models of all but the `keep` best trials that have ended (negative:
  /// of none).
  void write(int keep);
  bool any_new() const { return any_new_; }     ///< since they were written
  void write_now_and_then(int keep);            ///< unless it did so a moment ago, or nothing is new
  std::vector<ExperimentTrial> trials() const;  ///< that have ended
  std::string table() const;
  const ExperimentTrial* best() const;  ///< null where none has a number

 private:
  void end_trial(int trial, const LabSpec& spec) const;
  void keep_best(int keep);

  DataFolder folder_;
  const LoadedSpec& base_;
  std::vector<SearchDimension> searched_;
  std::vector<std::string> names_;
  std::map<int, ExperimentTrial> trials_;
  std::map<int, SearchPoint> parameters_;
  std::set<int> without_models_;  // trials whose models have been removed
  bool any_new_ = false;
  std::chrono::steady_clock::time_point written_{};
};

}  // namespace slm
