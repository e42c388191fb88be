#include "slm_lab/env/gymnasium/python_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include "slm_lab/base/child_process.h"
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

Descriptor checked(int result, const char* what) {
  if (result < 0) throw Error(ExitCode::missing, fmt::format("{}: {}", what, std::strerror(errno)));
  return {result, what};
}

/// Without a name in any folder; what is written is appended.
Descriptor file_in_memory(const char* what) {
  Descriptor file = checked(memfd_create("slm-lab-output", MFD_CLOEXEC), what);
  if (fcntl(file.number(), F_SETFL, O_APPEND) != 0) checked(-1, what);
  return file;
}

/// The same open file, under a number that starting the child overwrites with none of its own.
Descriptor above_fixed_numbers(int descriptor) {
  return checked(fcntl(descriptor, F_DUPFD_CLOEXEC, kFirstFree), "a descriptor for Python");
}

std::string how_it_ended(int status) {
  if (!WIFSIGNALED(status)) return fmt::format("ended with exit code {}", WEXITSTATUS(status));
  return fmt::format("was ended by signal {} ({})", WTERMSIG(status), strsignal(WTERMSIG(status)));
}

}  // namespace

PythonProcess::PythonProcess(std::string who, const std::string& python, int memory,
                             std::chrono::duration<double> patience)
    : who_(std::move(who)), patience_(patience), output_(file_in_memory("output of Python")) {
  DescriptorPair sockets = make_socket_pair();
  const Descriptor child_end = above_fixed_numbers(sockets.second.number());
  ChildProgram program({python, "-c", kWorkerSource, std::to_string(getpid())});
  program.open("/dev/null", O_RDONLY, STDIN_FILENO)
      .give(output_.number(), STDOUT_FILENO)
      .give(output_.number(), STDERR_FILENO)
      .give(child_end.number(), kSocket);
  std::optional<Descriptor> child_memory;
  if (memory >= 0) {
    child_memory.emplace(above_fixed_numbers(memory));
    program.give(child_memory->number(), kMemory);
  }
  // What a terminal sends is for us, and so is how we take it.
  program.own_group().default_signals({SIGINT, SIGTERM, SIGPIPE, SIGXFSZ}).environment(environment());
  try {
    pid_ = program.start(ExitCode::missing);
  } catch (const Error& error) {
    throw Error(error.code(), fmt::format("{}: {}", who_, error.what()));
  }
  socket_.emplace(std::move(sockets.first));
}

PythonProcess::~PythonProcess() {
  socket_.reset();
  if (pid_ > 0) end(kTimeToEnd);
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
    const ssize_t count = ::send(socket_->number(), bytes, size, MSG_NOSIGNAL);
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
    pollfd ready{socket_->number(), POLLIN, 0};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    const int some = poll(&ready, 1, static_cast<int>(std::clamp<std::int64_t>(left, 0, 1'000'000)));
    if (some < 0 && errno == EINTR) continue;
    if (some == 0 && Clock::now() < deadline) continue;
    if (some <= 0) {
      end({});
      fail(fmt::format("has not answered for {} s and was ended (env.timeout)", patience_.count()));
    }
    const ssize_t count = recv(socket_->number(), bytes, size, 0);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) fail_ended();
    bytes += count;
    size -= static_cast<std::size_t>(count);
  }
}

void PythonProcess::fail_ended() {
  end(kTimeToEnd);
  fail(how_it_ended(status_));
}

void PythonProcess::fail(const std::string& what) {
  throw Error(ExitCode::io, fmt::format("{}: the process of Python {}{}", who_, what, last_lines()));
}

void PythonProcess::end(std::chrono::duration<double> grace) {
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
  fstat(output_.number(), &info);
  std::string text(static_cast<std::size_t>(std::min(info.st_size, kEnough)), '\0');
  const ssize_t count =
      pread(output_.number(), text.data(), text.size(), info.st_size - static_cast<off_t>(text.size()));
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
  if (fstat(output_.number(), &info) == 0 && info.st_size > kTooMuch && ftruncate(output_.number(), 0) != 0) return;
}

}  // namespace slm
