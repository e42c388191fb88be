#pragma once

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "slm_lab/base/error.h"

namespace slm {

struct ProcessResult {
  int exit_code = -1;  ///< 128 + signal when a signal ended it
  std::string out, err;
};

struct ProcessOptions {
  std::vector<std::string> environment;  ///< NAME=VALUE, beside this process's own
  std::filesystem::path folder;          ///< to start in
};

/// A program that runs beside the test, in a process group of its own. It is killed when the test leaves it behind.
class Process {
 public:
  explicit Process(std::vector<std::string> arguments, const ProcessOptions& options = {}) {
    std::array<int, 2> out{}, err{};
    ensure(pipe2(out.data(), O_CLOEXEC) == 0 && pipe2(err.data(), O_CLOEXEC) == 0, "no pipe");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, err[1], STDERR_FILENO);
    if (!options.folder.empty()) posix_spawn_file_actions_addchdir_np(&actions, options.folder.c_str());
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    std::vector<std::string> environment = options.environment;  // first: getenv takes the first of two
    for (char** entry = environ; *entry != nullptr; ++entry) environment.emplace_back(*entry);
    const int error = posix_spawnp(&pid_, arguments[0].c_str(), &actions, &attributes, pointers(arguments).data(),
                                   pointers(environment).data());
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    close(out[1]);
    close(err[1]);
    out_ = out[0];
    err_ = err[0];
    if (error != 0) pid_ = -1;
    ensure(error == 0, "cannot start " + arguments[0]);
  }
  ~Process() {
    if (pid_ > 0) {
      kill(-pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
    close(out_);
    close(err_);
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }

  void send(int signal) const { kill(pid_, signal); }
  void send_to_group(int signal) const { kill(-pid_, signal); }  ///< as a terminal does at Ctrl-C

  bool running() const {  // leaves an ended process to wait()
    siginfo_t info{};
    return waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == 0;
  }

  /// Reads what it prints until it ends.
  ProcessResult wait() {
    ProcessResult result;
    std::array<pollfd, 2> ends = {pollfd{out_, POLLIN, 0}, pollfd{err_, POLLIN, 0}};
    while (ends[0].fd >= 0 || ends[1].fd >= 0) {
      if (poll(ends.data(), ends.size(), -1) < 0) continue;
      if (ends[0].revents != 0 && !append(out_, result.out)) ends[0].fd = -1;
      if (ends[1].revents != 0 && !append(err_, result.err)) ends[1].fd = -1;
    }
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return result;
  }

 private:
  static std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> result;
    for (std::string& text : texts) result.push_back(text.data());
    result.push_back(nullptr);
    return result;
  }

  static bool append(int descriptor, std::string& text) {
    std::array<char, 65536> buffer;
    const ssize_t count = ::read(descriptor, buffer.data(), buffer.size());
    if (count > 0) text.append(buffer.data(), static_cast<std::size_t>(count));
    return count > 0 || (count < 0 && errno == EINTR);
  }

  pid_t pid_ = -1;
  int out_ = -1, err_ = -1;
};

/// slm-lab with these arguments.
inline std::vector<std::string> slm_lab(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), SLM_LAB_PROGRAM);
  return arguments;
}

inline ProcessResult run_program(std::vector<std::string> arguments, const ProcessOptions& options = {}) {
  return Process(std::move(arguments), options).wait();
}

}  // namespace slm
