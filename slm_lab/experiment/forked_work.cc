#include "slm_lab/experiment/forked_work.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "slm_lab/base/child_process.h"
#include "slm_lab/experiment/stop_signal.h"

namespace slm {
namespace {

constexpr int kShare = 20;  // of the time between two starts
constexpr int kNice = 10;
constexpr int kWaitMilliseconds = 50;

/// In the forked process; does not return.
[[noreturn]] void do_work(pid_t parent, const std::function<void()>& work) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);  // it ended before the line above
  for (const int signal : {SIGINT, SIGTERM, SIGALRM}) std::signal(signal, SIG_DFL);
  setpriority(PRIO_PROCESS, 0, kNice);
  try {
    work();
  } catch (const std::bad_alloc&) {
    std::fputs("no graphs: out of memory\n", stderr);
    _exit(1);
  } catch (const std::exception& error) {
    std::fputs((std::string(error.what()) + "\n").c_str(), stderr);
    _exit(1);
  }
  _exit(0);  // and not exit: what the parent has buffered is not for us to print
}

}  // namespace

ForkedWork::~ForkedWork() {
  for (auto& [key, process] : processes_) end(process);
}

void ForkedWork::end(Process& process) {
  if (process.pid < 0) return;
  kill(process.pid, SIGKILL);  // nothing to one that has closed its pipe: it has ended by itself
  wait_for_end(process.pid);
  close(process.pipe);
  process.pid = -1;
  process.ended = Clock::now();
}

void ForkedWork::start(std::size_t key, std::function<void()> work) {
  reap(0);
  Process& process = processes_[key];
  if (process.pid >= 0)
    process.next = std::move(work);
  else
    fork_to(process, work);
}

void ForkedWork::fork_to(Process& process, const std::function<void()>& work) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return;
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid == 0) do_work(parent, work);
  close(ends[1]);
  if (pid < 0) {
    close(ends[0]);
    return;
  }
  process.pid = pid;
  process.pipe = ends[0];
  process.started = Clock::now();
}

bool ForkedWork::too_early(std::size_t key) {
  reap(0);
  const auto found = processes_.find(key);
  if (found == processes_.end()) return false;
  const Process& last = found->second;
  return last.pid >= 0 || Clock::now() - last.ended < kShare * (last.ended - last.started);
}

bool ForkedWork::reap(int milliseconds) {
  std::vector<pollfd> pipes;
  std::vector<Process*> running;
  for (auto& [key, process] : processes_) {
    if (process.pid < 0) continue;
    pipes.push_back({process.pipe, POLLIN, 0});
    running.push_back(&process);
  }
  if (running.empty()) return false;
  if (poll(pipes.data(), pipes.size(), milliseconds) <= 0) return true;  // time or a signal
  for (std::size_t i = 0; i < running.size(); ++i) {
    if (pipes[i].revents == 0) continue;
    end(*running[i]);
    if (const auto next = std::exchange(running[i]->next, nullptr)) fork_to(*running[i], next);
  }
  return true;
}

void ForkedWork::finish(std::chrono::milliseconds patience) {
  std::optional<Clock::time_point> stopped;
  while (reap(kWaitMilliseconds)) {
    if (stop_signal() == 0) continue;
    if (!stopped) stopped = Clock::now();
    if (stop_signal_count() > 1 || Clock::now() - *stopped >= patience) break;
  }
  for (auto& [key, process] : processes_) end(process);
}

}  // namespace slm
