#include "slm_lab/base/child_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

namespace slm {
namespace {

constexpr mode_t kNewFileMode = 0644;

DescriptorPair owned(int result, const std::array<int, 2>& ends, const char* what) {
  if (result != 0) throw Error(ExitCode::io, fmt::format("cannot make a {}: {}", what, std::strerror(errno)));
  return {Descriptor(ends[0], what), Descriptor(ends[1], what)};
}

/// As the system wants them: without const, and with a null pointer behind them.
std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

}  // namespace

DescriptorPair make_pipe() {
  std::array<int, 2> ends{};
  return owned(pipe2(ends.data(), O_CLOEXEC), ends, "pipe");
}

DescriptorPair make_socket_pair() {
  std::array<int, 2> ends{};
  return owned(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), ends, "pair of sockets");
}

ChildProgram::ChildProgram(std::vector<std::string> words, std::string file)
    : words_(std::move(words)), file_(file.empty() ? words_.at(0) : std::move(file)) {
  posix_spawn_file_actions_init(&actions_);
  posix_spawnattr_init(&attributes_);
}

ChildProgram::~ChildProgram() {
  posix_spawnattr_destroy(&attributes_);
  posix_spawn_file_actions_destroy(&actions_);
}

ChildProgram& ChildProgram::give(int descriptor, int as) {
  posix_spawn_file_actions_adddup2(&actions_, descriptor, as);
  return *this;
}

ChildProgram& ChildProgram::open(const std::filesystem::path& file, int flags, int as) {
  posix_spawn_file_actions_addopen(&actions_, as, file.c_str(), flags, kNewFileMode);
  return *this;
}

ChildProgram& ChildProgram::environment(std::vector<std::string> variables) {
  variables_ = std::move(variables);
  return *this;
}

ChildProgram& ChildProgram::default_signals(std::initializer_list<int> signals) {
  sigset_t defaults, none;
  sigemptyset(&none);
  sigemptyset(&defaults);
  for (const int signal : signals) sigaddset(&defaults, signal);
  posix_spawnattr_setsigmask(&attributes_, &none);
  posix_spawnattr_setsigdefault(&attributes_, &defaults);
  flags_ |= POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
  return *this;
}

ChildProgram& ChildProgram::own_group() {
  flags_ |= POSIX_SPAWN_SETPGROUP;
  return *this;
}

ChildProgram& ChildProgram::own_session() {
  flags_ |= POSIX_SPAWN_SETSID;
  return *this;
}

pid_t ChildProgram::start(ExitCode failure) {
  posix_spawnattr_setflags(&attributes_, flags_);
  std::vector<char*> variables = pointers(variables_);
  pid_t child = -1;
  const int error = posix_spawnp(&child, file_.c_str(), &actions_, &attributes_, pointers(words_).data(),
                                 variables_.empty() ? environ : variables.data());
  if (error != 0) throw Error(failure, fmt::format("cannot start {}: {}", file_, std::strerror(error)));
  return child;
}

std::string read_to_end(Descriptor& from) {
  std::string text;
  std::array<std::byte, 4096> part;
  while (const std::size_t count = from.read(part)) text.append(reinterpret_cast<const char*>(part.data()), count);
  return text;
}

int wait_for_end(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

}  // namespace slm
