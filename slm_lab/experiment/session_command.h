#pragma once

#include <string>
#include <vector>

#include "slm_lab/experiment/executor.h"

namespace slm {

// What executors say to the session processes that they start, and how they read what those report.

/// The words of `slm-lab session` but for the program itself, and for --report and --parent, which only the process
/// that starts it knows.
std::vector<std::string> session_words(const SessionJob& job);

/// The line that a session which asked reads on its standard input.
std::string answer_line(const Answer& answer);
Answer answer_of(const std::string& line);

/// A line that a session reported. One that cannot be read becomes a warning.
SessionMessage session_message_of(const std::string& line);

}  // namespace slm
