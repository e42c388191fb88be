#pragma once

#include <source_location>
#include <stdexcept>
#include <string>
#include <string_view>

namespace slm {

/// What the process returns; docs/cli.md lists them for users.
enum class ExitCode : int {
  ok = 0,
  defect = 1,    // ours
  usage = 2,     // the command line or the spec
  missing = 3,   // something this machine or this build lacks
  io = 4,        // disk, permissions
  corrupt = 5,   // damaged data
  busy = 6,      // another process holds the folder
  diverged = 7,  // NaN or infinity
  remote = 8,
  interrupted = 130,  // after a checkpoint: resumable
  terminated = 143,
};

/// An error with a text for the user (what failed, where, why, what to do) and the exit code it leads to.
class Error : public std::runtime_error {
 public:
  Error(ExitCode code, const std::string& text) : std::runtime_error(text), code_(code) {}
  ExitCode code() const { return code_; }

 private:
  ExitCode code_;
};

/// The user's mistake in a spec or on the command line; the text may hold several lines, one per problem.
class SpecError : public Error {
 public:
  explicit SpecError(const std::string& text) : Error(ExitCode::usage, text) {}
};

[[noreturn]] void fail(std::string_view what, std::source_location at);

/// A programmer's mistake when false: throws std::logic_error naming the place.
inline void ensure(bool ok, std::string_view what, std::source_location at = std::source_location::current()) {
  if (!ok) [[unlikely]]
    fail(what, at);
}

}  // namespace slm
