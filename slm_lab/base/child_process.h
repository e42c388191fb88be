#pragma once

#include <spawn.h>
#include <sys/types.h>

#include <filesystem>
#include <initializer_list>
#include <string>
#include <vector>

#include "slm_lab/base/descriptor.h"
#include "slm_lab/base/error.h"

namespace slm {

/// Two connected descriptors, neither of which a program that is started inherits unless it is given to it.
struct DescriptorPair {
  Descriptor first, second;
};
DescriptorPair make_pipe();         ///< from the second to the first; throws Error(io)
DescriptorPair make_socket_pair();  ///< both ways, a stream; throws Error(io)

/// A program about to be started, without a shell. It inherits what this process has unless told otherwise, in the
/// order in which it is told.
class ChildProgram {
 public:
  /// `words`: the program, looked for on the PATH unless it has a slash, and its arguments. `file`: what is run where
  /// the first word is only what it is called.
  explicit ChildProgram(std::vector<std::string> words, std::string file = {});
  ChildProgram(const ChildProgram&) = delete;
  ChildProgram& operator=(const ChildProgram&) = delete;
  ~ChildProgram();

  ChildProgram& give(int descriptor, int as);  ///< an open one of ours, under that number
  /// Opened in the child, with mode 0644 where it is made.
  ChildProgram& open(const std::filesystem::path& file, int flags, int as);
  ChildProgram& environment(std::vector<std::string> variables);      ///< all of them, as NAME=VALUE
  ChildProgram& default_signals(std::initializer_list<int> signals);  ///< whatever we do at those; none is blocked
  ChildProgram& own_group();    ///< what a terminal sends at a key does not reach it
  ChildProgram& own_session();  ///< nor what it sends when it is closed

  /// Throws Error(`failure`) with the program and the system's reason where it cannot be started.
  pid_t start(ExitCode failure = ExitCode::io);

 private:
  std::vector<std::string> words_, variables_;
  std::string file_;
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
  short flags_ = 0;
};

/// All that comes until the other end is closed; throws Error(io).
std::string read_to_end(Descriptor& from);
/// Until the child has ended; its status, as of waitpid().
int wait_for_end(pid_t child);

}  // namespace slm
