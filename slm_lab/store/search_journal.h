#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "slm_lab/base/descriptor.h"
#include "slm_lab/report/json_file.h"
#include "slm_lab/spec/search_space.h"
#include "slm_lab/store/data_folder.h"

namespace slm {

/// A trial as the journal of its search knows it.
struct JournalTrial {
  enum class State { running = 0, complete = 1, stopped = 2, failed = 3 };  // Optuna's numbers; stopped: PRUNED

  std::vector<double> parameters;  ///< one per searched dimension
  std::string spec_hash;
  int refused = 0;  ///< draws for it that were no legal spec
  State state = State::running;
  double value = std::numeric_limits<double>::quiet_NaN();  ///< total_reward_ma; none of one that failed
  std::int64_t frame = 0;                                   ///< of its newest report
  std::string reason;                                       ///< why it was stopped or failed
};

std::string to_string(JournalTrial::State state);  ///< as tables have it: complete, stopped, ...

/// The number of the trial with the highest value among those that count; nothing where none of them has one.
std::optional<int> best_trial(
    const std::vector<JournalTrial>& trials, const std::function<bool(int trial)>& counts = [](int) { return true; });

/// What a trial said at a log point.
struct JournalReport {
  int trial = 0;
  std::int64_t frame = 0;
  double value = 0;
};

/// All that happened in a search, in its order: one append-only file in the format of Optuna's JournalFileBackend, so
/// that `optuna-dashboard FILE` and `optuna.load_study` read it while the search runs. What has been appended is there
/// however the process ends; after sync() also after a power cut.
class SearchJournal {
 public:
  /// Starts the journal of a search that maximises total_reward_ma over `space`, the dimensions that are drawn;
  /// `attributes` are for readers.
  static SearchJournal create(const DataFolder& folder, std::vector<SearchDimension> space,
                              const std::map<std::string, std::string>& attributes);
  /// Reads what happened, to go on. A last line that a killed process left unfinished is cut off; any other that cannot
  /// be read, or belongs to another space, is Error(corrupt) with its number.
  static SearchJournal open(const DataFolder& folder, std::vector<SearchDimension> space);
  /// For those who only look: the trials, with their parameters where the space is given; nothing is changed.
  static std::vector<JournalTrial> read(const DataFolder& folder, std::vector<SearchDimension> space = {});

  /// The same for those who go on looking.
  static SearchJournal look(const DataFolder& folder, std::vector<SearchDimension> space = {});
  void catch_up();  ///< takes up what has come since

  const std::vector<JournalTrial>& trials() const { return trials_; }
  const std::vector<JournalReport>& reports() const { return reports_; }

  void start_trial(const std::vector<double>& parameters, const std::string& spec_hash, int refused);
  /// A finite value. It may wait for flush(), or for what is appended next.
  void report(const JournalReport& report);
  void flush();
  /// `value` is finite unless it failed.
  void end_trial(int trial, JournalTrial::State state, double value, const std::string& reason = "");
  void sync();

 private:
  SearchJournal(const DataFolder& folder, std::vector<SearchDimension> space, int flags);
  /// Adds these to what is to be written, and to what the trials become by them.
  void take_down(const Json& entry);
  /// Takes up all complete lines; returns their length.
  std::size_t take_up_lines(std::string_view text);
  void take_up(const Json& entry, int line);
  std::string place_of(int line) const;

  std::vector<SearchDimension> space_;
  Descriptor file_;
  std::string unwritten_;  // lines
  bool read_only_;
  int num_lines_ = 0;
  std::uint64_t looked_until_ = 0;
  std::vector<JournalTrial> trials_;
  std::vector<JournalReport> reports_;
};

}  // namespace slm
