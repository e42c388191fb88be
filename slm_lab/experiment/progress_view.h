#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "slm_lab/experiment/lab_spec.h"
#include "slm_lab/experiment/session_message.h"
#include "slm_lab/report/panel.h"

namespace slm {

/// How the sessions of a trial stand, on standard error: a live line each on a terminal, elsewhere log lines. A short run
/// has hundreds of log points a second; all of them are in the log files, the terminal gets at most one a second.
class ProgressView {
 public:
  ProgressView(const LabSpec& spec, const std::string& log_level);
  void show(int session, const SessionMessage& message);
  void exited(int session, int exit_code);
  void warn(const std::string& unit, const std::string& text);  ///< unit: s0, or the trial
  void close() { panel_.close(); }

 private:
  struct Line {
    std::string newest;  // log line not printed yet
    std::chrono::steady_clock::time_point next{};
  };
  void print(const std::string& unit, std::string_view level, const std::string& text);
  void print_newest(int session);

  int verbosity_;
  std::vector<SessionProgress> sessions_;
  std::vector<Line> lines_;
  Panel panel_;
};

}  // namespace slm
