#include "slm_lab/experiment/line_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>

#include "slm_lab/base/error.h"

namespace slm {
namespace {

constexpr std::chrono::seconds kTimeToEnd{5};

void check(int error, const std::string& what) {
  if (error != 0) throw Error(ExitCode::io, fmt::format("cannot start {}: {}", what, std::strerror(error)));
}

}  // namespace

LineProcess::LineProcess(std::vector<std::string> command, const std::filesystem::path& errors) {
  std::vector<char*> argv;
  for (std::string& word : command) argv.push_back(word.data());
  argv.push_back(nullptr);
  std::array<int, 2> in{-1, -1}, out{-1, -1};
  int error = pipe2(in.data(), O_CLOEXEC) == 0 && pipe2(out.data(), O_CLOEXEC) == 0 ? 0 : errno;
  if (error == 0) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
    error = posix_spawn(&pid_, argv[0], &actions, &attributes, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  for (const int end : {in[0], out[1]})
    if (end >= 0) close(end);
  in_ = in[1];
  out_ = out[0];
  if (error == 0) return;
  for (const int end : {in_, out_})
    if (end >= 0) close(end);
  check(error, command[0]);
}

LineProcess::~LineProcess() {
  close(in_);
  const auto deadline = std::chrono::steady_clock::now() + kTimeToEnd;
  std::vector<std::string> lines;
  while (std::chrono::steady_clock::now() < deadline && receive(100, lines)) {
  }
  close(out_);
  kill(pid_, SIGKILL);
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

void LineProcess::send(const std::string& line) {
  const std::string text = line + "\n";
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t count = ::write(in_, text.data() + done, text.size() - done);
    if (count < 0 && errno != EINTR) return;
    if (count > 0) done += static_cast<std::size_t>(count);
  }
}

bool LineProcess::receive(int milliseconds, std::vector<std::string>& lines) {
  pollfd ready{out_, POLLIN, 0};
  if (poll(&ready, 1, milliseconds) <= 0) return true;  // time or a signal
  std::array<char, 65536> buffer;
  const ssize_t count = ::read(out_, buffer.data(), buffer.size());
  if (count < 0) return errno == EINTR || errno == EAGAIN;
  partial_.append(buffer.data(), static_cast<std::size_t>(count));
  std::size_t begin = 0;
  for (std::size_t end; (end = partial_.find('\n', begin)) != std::string::npos; begin = end + 1)
    lines.push_back(partial_.substr(begin, end - begin));
  partial_.erase(0, begin);
  return count > 0;
}

}  // namespace slm
