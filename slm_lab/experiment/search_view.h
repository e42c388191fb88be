#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <map>
#include <span>
#include <string>

#include "slm_lab/experiment/session_message.h"
#include "slm_lab/report/panel.h"
#include "slm_lab/search/scheduler.h"

namespace slm {

/// How a search stands: its counts.
struct SearchProgress {
  int max_trial = 0;
  int complete = 0, stopped = 0, failed = 0;
  std::int64_t frames = 0;  ///< of the trials that have ended
  int best_trial = -1;      ///< of those that have ended; -1: none yet
  double best_value = std::numeric_limits<double>::quiet_NaN();

  int ended() const { return complete + stopped + failed; }
};

/// A search on standard error: a line for each trial that starts, ends, is stopped or fails; on a terminal below them a
/// panel with the rungs, the running sessions, the best so far and the time left.
class SearchView {
 public:
  explicit SearchView(const std::string& log_level);
  void print(std::string_view level, const std::string& unit, const std::string& text);
  void started(std::size_t job, const std::string& name, std::int64_t max_frame);
  void show(std::size_t job, const SessionMessage& message);
  void ended(std::size_t job) { running_.erase(job); }
  void draw(const SearchProgress& progress, std::span<const Rung> rungs);
  bool live() const { return panel_.live(); }
  void close() { panel_.close(); }

 private:
  std::string head(const SearchProgress& progress, std::span<const Rung> rungs) const;
  double seconds_left(const SearchProgress& progress) const;

  int verbosity_;
  std::map<std::size_t, SessionProgress> running_;  // by job
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  std::int64_t frames_before_ = -1;  // those of trials that an earlier run of the program ended
  Panel panel_;
};

}  // namespace slm
