#include "slm_lab/env/gymnasium/python_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include "slm_lab/base/error.h"
#include "slm_lab/env/gymnasium/worker_source.h"

namespace slm {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds kTimeToEnd{5};  // for env.close()
constexpr int kFirstFree = 10;                 // above the descriptors that the child has fixed numbers for
constexpr int kSocket = 3, kMemory = 4;        // worker.py knows these

/// The environment that it gets: ours, and what makes it do the same each time; what a user has set stays.
std::vector<std::string> environment() {
  std::vector<std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) variables.emplace_back(*entry);
  for (const std::string wanted : {"PYTHONHASHSEED=0", "PYTHONDONTWRITEBYTECODE=1", "OMP_NUM_THREADS=1",
                                   "OPENBLAS_NUM_THREADS=1", "PYGAME_HIDE_SUPPORT_PROMPT=1"}) {
    const std::string name = wanted.substr(0, wanted.find('=') + 1);
    if (std::ranges::none_of(variables, [&](const std::string& one) { return one.starts_with(name); }))
      variables.push_back(wanted);
  }
  return variables;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

std::string how_it_ended(int status) {
  if (!WIFSIGNALED(status)) return fmt::format("ended with exit code {}", WEXITSTATUS(status));
  return fmt::format("was ended by signal {} ({})", WTERMSIG(status), strsignal(WTERMSIG(status)));
}

}  // namespace

PythonProcess::PythonProcess(std::string who, const std::string& python, int memory,
                             std::chrono::duration<double> patience)
    : who_(std::move(who)), patience_(patience) {
  std::array<int, 2> ends{-1, -1};
  int child_end = -1, child_memory = -1, error = 0;
  const auto above = [&](int descriptor) {
    const int number = fcntl(descriptor, F_DUPFD_CLOEXEC, kFirstFree);
    if (number < 0) error = errno;
    return number;
  };
  output_ = memfd_create("slm-lab-output", MFD_CLOEXEC);
  if (output_ < 0 || fcntl(output_, F_SETFL, O_APPEND) != 0 ||
      socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    error = errno;
  if (error == 0) {
    socket_ = ends[0];
    child_end = above(ends[1]);
    if (memory >= 0) child_memory = above(memory);
  }
  if (error == 0) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, output_, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output_, STDERR_FILENO);
    posix_spawn_file_actions_adddup2(&actions, child_end, kSocket);
    if (child_memory >= 0) posix_spawn_file_actions_adddup2(&actions, child_memory, kMemory);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t defaults, mask;  // what a terminal sends is for us, and so is how we take it
    sigemptyset(&mask);
    sigemptyset(&defaults);
    for (const int signal : {SIGINT, SIGTERM, SIGPIPE, SIGXFSZ}) sigaddset(&defaults, signal);
    posix_spawnattr_setsigmask(&attributes, &mask);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    std::vector<std::string> words = {python, "-c", kWorkerSource, std::to_string(getpid())};
    std::vector<std::string> variables = environment();
    error =
        posix_spawnp(&pid_, python.c_str(), &actions, &attributes, pointers(words).data(), pointers(variables).data());
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  for (const int descriptor : {ends[1], child_end, child_memory})
    if (descriptor >= 0) close(descriptor);
  if (error == 0) return;
  for (const int descriptor : {socket_, output_})
    if (descriptor >= 0) close(descriptor);
  throw Error(ExitCode::missing, fmt::format("{}: cannot start {}: {}", who_, python, std::strerror(error)));
}

PythonProcess::~PythonProcess() {
  close(socket_);
  if (pid_ > 0) wait_for_end(kTimeToEnd);
  close(output_);
}

void PythonProcess::send(char command) { send_bytes(&command, 1); }

void PythonProcess::send_text(const std::string& text) {
  const auto size = static_cast<std::uint32_t>(text.size());
  send_bytes(&size, sizeof size);
  send_bytes(text.data(), size);
}

char PythonProcess::receive() {
  char answer = 0;
  receive_bytes(&answer, 1);
  constexpr unsigned kSeldom = 4096;
  if (++num_answers_ % kSeldom == 0) forget_old_output();
  return answer;
}

std::string PythonProcess::receive_text() {
  std::uint32_t size = 0;
  receive_bytes(&size, sizeof size);
  std::string text(size, '\0');
  receive_bytes(text.data(), size);
  return text;
}

void PythonProcess::send_bytes(const void* data, std::size_t size) {
  const auto* bytes = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t count = ::send(socket_, bytes, size, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail_ended();
    bytes += count;
    size -= static_cast<std::size_t>(count);
  }
}

void PythonProcess::receive_bytes(void* data, std::size_t size) {
  auto* bytes = static_cast<char*>(data);
  const auto deadline = Clock::now() + patience_;
  while (size > 0) {
    pollfd ready{socket_, POLLIN, 0};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    const int some = poll(&ready, 1, static_cast<int>(std::clamp<std::int64_t>(left, 0, 1'000'000)));
    if (some < 0 && errno == EINTR) continue;
    if (some == 0 && Clock::now() < deadline) continue;
    if (some <= 0) {
      wait_for_end({});
      fail(fmt::format("has not answered for {} s and was ended (env.timeout)", patience_.count()));
    }
    const ssize_t count = recv(socket_, bytes, size, 0);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) fail_ended();
    bytes += count;
    size -= static_cast<std::size_t>(count);
  }
}

void PythonProcess::fail_ended() {
  wait_for_end(kTimeToEnd);
  fail(how_it_ended(status_));
}

void PythonProcess::fail(const std::string& what) {
  throw Error(ExitCode::io, fmt::format("{}: the process of Python {}{}", who_, what, last_lines()));
}

void PythonProcess::wait_for_end(std::chrono::duration<double> grace) {
  const auto deadline = Clock::now() + grace;
  const auto ended = [&](int options) { return waitpid(pid_, &status_, options) == pid_; };
  while (Clock::now() < deadline && pid_ > 0) {
    if (ended(WNOHANG))
      pid_ = -1;
    else
      poll(nullptr, 0, 1);
  }
  if (pid_ < 0) return;
  kill(pid_, SIGKILL);
  while (!ended(0) && errno == EINTR) {
  }
  pid_ = -1;
}

std::string PythonProcess::last_lines() const {
  constexpr off_t kEnough = 4000;
  constexpr int kMaxLines = 25;
  struct stat info {};
  fstat(output_, &info);
  std::string text(static_cast<std::size_t>(std::min(info.st_size, kEnough)), '\0');
  const ssize_t count = pread(output_, text.data(), text.size(), info.st_size - static_cast<off_t>(text.size()));
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  std::erase_if(text, [](char c) { return std::iscntrl(static_cast<unsigned char>(c)) && c != '\n' && c != '\t'; });
  while (!text.empty() && text.back() == '\n') text.pop_back();
  if (text.empty()) return ", and had printed nothing";
  std::size_t begin = text.size();
  for (int lines = 0; lines < kMaxLines && begin != std::string::npos && begin > 0; ++lines)
    begin = text.rfind('\n', begin - 1);
  text.erase(0, begin == std::string::npos ? 0 : begin + 1);
  std::string result = "; its last lines:";
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    result.append("\n    ").append(text, at, end - at);
    at = end + 1;
  }
  return result;
}

/// An environment may print at every step.
void PythonProcess::forget_old_output() const {
  constexpr off_t kTooMuch = 1 << 20;
  struct stat info {};
  if (fstat(output_, &info) == 0 && info.st_size > kTooMuch && ftruncate(output_, 0) != 0) return;
}

}  // namespace slm
