#pragma once

#include <chrono>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "slm_lab/experiment/lab_spec.h"
#include "slm_lab/report/experiment_files.h"
#include "slm_lab/search/parameters.h"
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
  void write_now_and_then(int keep);  ///< unless it did so a moment ago, or nothing is new
  std::string table() const;
  const ExperimentTrial* best() const;  ///< null where none has a number

 private:
  void keep_best(int keep) const;

  DataFolder folder_;
  const LoadedSpec& base_;
  std::vector<SearchDimension> searched_;
  std::vector<std::string> names_;
  std::map<int, ExperimentTrial> trials_;
  std::map<int, Parameters> parameters_;
  bool any_new_ = false;  // since the files were written
  std::chrono::steady_clock::time_point written_{};
};

}  // namespace slm
