#include "slm_lab/experiment/session_command.h"

#include <fmt/format.h>

#include <exception>

namespace slm {
namespace {

constexpr const char* kEnd = "end";  // else the frame from which on it asks again

}  // namespace

std::vector<std::string> session_words(const SessionJob& job) {
  std::vector<std::string> words = {"session",
                                    job.folder.string(),
                                    fmt::format("--trial={}", job.trial),
                                    fmt::format("--session={}", job.session),
                                    fmt::format("--threads={}", job.threads),
                                    fmt::format("--checkpoint-seconds={}", job.checkpoint_seconds),
                                    fmt::format("--of-search={}", job.of_search)};
  if (job.ask_at) words.push_back(fmt::format("--ask-at={}", *job.ask_at));
  if (!job.spec_hash.empty()) words.push_back("--spec-hash=" + job.spec_hash);
  return words;
}

std::string answer_line(const Answer& answer) {
  return answer.goes_on ? fmt::format("{}\n", answer.ask_at) : std::string(kEnd) + "\n";
}

Answer answer_of(const std::string& line) {
  if (line == kEnd) return {.goes_on = false};
  return {.goes_on = true, .ask_at = std::stoll(line)};
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
