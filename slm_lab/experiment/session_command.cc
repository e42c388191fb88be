#include "slm_lab/experiment/session_command.h"

#include <fmt/format.h>

#include <exception>

namespace slm {

std::vector<std::string> session_words(const SessionJob& job) {
  std::vector<std::string> words = {"session",
                                    job.folder.string(),
                                    fmt::format("--trial={}", job.trial),
                                    fmt::format("--session={}", job.session),
                                    fmt::format("--threads={}", job.threads),
                                    fmt::format("--checkpoint-seconds={}", job.checkpoint_seconds),
                                    fmt::format("--asks={}", job.asks),
                                    fmt::format("--of-search={}", job.of_search)};
  if (!job.spec_hash.empty()) words.push_back("--spec-hash=" + job.spec_hash);
  return words;
}

/// A session is ours, so this happens only where it could not say all: a full pipe of a killed process, a log level of
/// some library. It is passed on instead of ending everything.
SessionMessage session_message_of(const std::string& line) {
  try {
    return SessionMessage::from_line(line);
  } catch (const std::exception&) {
    SessionMessage message;
    message.kind = SessionMessage::Kind::warning;
    message.text = "an unreadable report: " + line.substr(0, 80);
    return message;
  }
}

}  // namespace slm
