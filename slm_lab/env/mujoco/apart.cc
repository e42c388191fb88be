#include "slm_lab/env/mujoco/apart.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <fstream>

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

[[noreturn]] void work_as_child(const std::function<void()>& work, int output) {
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

}  // namespace

std::string failure_apart(const std::function<void()>& work) {
  DescriptorPair ends = make_pipe();
  const pid_t child = fork();
  if (child == 0) work_as_child(work, ends.second.number());
  if (child < 0) throw Error(ExitCode::missing, "MuJoCo: no process to try a model in");
  ends.second.close();
  const std::string text = read_to_end(ends.first);
  const int status = wait_for_end(child);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return text;
  if (WIFSIGNALED(status) && (WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL))
    return "it takes more than 10 s to compile";
  return "it takes more than 4 GB, or more than MuJoCo can bear";
}

}  // namespace slm
