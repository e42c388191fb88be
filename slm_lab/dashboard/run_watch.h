#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "slm_lab/experiment/run_overview.h"
#include "slm_lab/store/data_folder.h"
#include "slm_lab/store/search_journal.h"

namespace slm {

/// Which content a file has, as far as the system tells without opening it: two that differ, differ.
struct FileStamp {
  std::uint64_t inode = 0, bytes = 0;  ///< 0: there is none
  std::int64_t changed = 0;            ///< nanoseconds
  bool operator==(const FileStamp&) const = default;
};
FileStamp stamp_of(const std::filesystem::path& file);

struct WatchedRun {
  DataFolder folder;
  RunOverview overview = {};
  std::string json = {};                      ///< that of overview_json()
  std::vector<FileStamp> stamps = {};         // of the files that an overview is made of
  std::optional<SearchJournal> journal = {};  // of a search while it runs
};

/// What lies in a data folder, kept up to date for little: a look asks the system for the times of files, and opens
/// only those that changed. Of runs that no process works on, it takes turns.
class RunWatch {
 public:
  struct Changes {
    std::vector<std::string> changed, removed;
  };

  explicit RunWatch(std::filesystem::path data) : data_(std::move(data)) {}

  /// Takes about `budget` when there is much to read; the rest waits for the next call.
  Changes look(std::chrono::milliseconds budget);
  std::size_t num_waiting() const { return waiting_.size(); }  ///< folders that are to be read yet

  const std::filesystem::path& data() const { return data_; }
  const std::map<std::string, WatchedRun>& runs() const { return runs_; }  ///< by the name of the folder
  const WatchedRun* find(const std::string& name) const;                   ///< null where there is none

 private:
  void list(Changes& changes);
  bool refresh(WatchedRun& run);  // whether its overview is another
  bool has_changed(const WatchedRun& run) const;
  void look_at_idle_ones(Changes& changes);

  std::filesystem::path data_;
  FileStamp listed_;  // the data folder when it was listed
  std::vector<std::string> waiting_;
  std::map<std::string, FileStamp> others_;  // folders that hold no run, or none yet
  std::map<std::string, WatchedRun> runs_;
  std::string last_idle_;  // whose turn it was
};

}  // namespace slm
