#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "slm_lab/experiment/session_message.h"
#include "slm_lab/report/panel.h"
#include "slm_lab/store/session_result.h"

namespace slm {

/// How sessions stand, on standard error: a live line each on a terminal, elsewhere log lines. A short run has hundreds
/// of log points a second; all of them are in the log files, the terminal gets at most one a second. Sessions are known
/// by their place in the list that it starts with (name and max_frame matter).
///
/// `compact`, for more sessions than a terminal has lines: live lines for running ones only, and one log line for each
/// that has ended. `profile`: live lines say where the time goes.
class ProgressView {
 public:
  ProgressView(std::vector<SessionProgress> sessions, const std::string& log_level, bool compact = false,
               bool profile = false);
  /// It was done before the program began.
  void done_before(std::size_t session, const SessionResult& result);
  void show(std::size_t session, const SessionMessage& message);
  void exited(std::size_t session, int exit_code);
  void warn(const std::string& unit, const std::string& text);  ///< unit: a session or what it belongs to
  void close() { panel_.close(); }

 private:
  struct Line {
    std::string newest;  // log line not printed yet
    std::chrono::steady_clock::time_point next{};
  };
  void print(const std::string& unit, std::string_view level, const std::string& text);
  void print_newest(std::size_t session);
  void draw();

  int verbosity_;
  bool compact_, profile_;
  std::vector<SessionProgress> sessions_;
  std::vector<Line> lines_;
  Panel panel_;
};

}  // namespace slm
