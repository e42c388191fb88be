#include "slm_lab/env/mujoco/apart.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <optional>
#include <span>

#include "slm_lab/base/child_process.h"
#include "slm_lab/base/error.h"

namespace slm {
namespace {

constexpr rlim_t kSeconds = 10, kBytes = rlim_t{4} << 30;

/// Beyond the addresses that the process has taken already: a sanitizer takes more than any machine has.
rlim_t address_limit() {
  rlim_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  return pages * static_cast<rlim_t>(sysconf(_SC_PAGESIZE)) + kBytes;
}

void limit(decltype(RLIMIT_AS) resource, rlim_t value) {
  rlimit now{};
  getrlimit(resource, &now);
  now.rlim_cur = now.rlim_max = std::min(value, now.rlim_max);
  setrlimit(resource, &now);
}

[[noreturn]] void work_as_child(const std::function<void()>& work, int output, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);  // it ended before that was asked for
  for (const int number : {SIGINT, SIGTERM, SIGXCPU, SIGABRT, SIGSEGV}) std::signal(number, SIG_DFL);
  if (const int nothing = open("/dev/null", O_WRONLY); nothing >= 0) dup2(nothing, STDERR_FILENO);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_CPU, kSeconds);
  limit(RLIMIT_AS, address_limit());
  std::string text;
  try {
    work();
  } catch (const std::exception& error) {
    text = error.what();
  }
  const bool told = write(output, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  _exit(told ? 0 : 1);
}

/// All that comes until the other end is closed; nothing where it is still open at `deadline`.
std::optional<std::string> read_until(Descriptor& from, std::chrono::steady_clock::time_point deadline) {
  std::string text;
  std::array<char, 4096> part;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    if (left <= 0) return std::nullopt;
    pollfd waiting{from.number(), POLLIN, 0};
    if (poll(&waiting, 1, static_cast<int>(left)) <= 0) continue;  // a signal, or the time is up
    const std::size_t count = from.read(std::as_writable_bytes(std::span(part)));
    if (count == 0) return text;
    text.append(part.data(), count);
  }
}

}  // namespace

std::string failure_apart(const std::function<void()>& work, std::chrono::milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  const pid_t parent = getpid();
  DescriptorPair ends = make_pipe();
  const pid_t child = fork();
  if (child == 0) work_as_child(work, ends.second.number(), parent);
  if (child < 0) throw Error(ExitCode::missing, "MuJoCo: no process to try a model in");
  ends.second.close();
  const std::optional<std::string> text = read_until(ends.first, deadline);
  if (!text) kill(child, SIGKILL);
  const int status = wait_for_end(child);
  if (!text)
    return fmt::format(
        "it was not read and compiled within {} s; does it include a pipe, or a file that cannot be read?",
        std::chrono::duration<double>(patience).count());
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return *text;
  if (WIFSIGNALED(status) && (WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL))
    return "it takes more than 10 s to compile";
  return "it takes more than 4 GB, or more than MuJoCo can bear";
}

}  // namespace slm
