#include "slm_lab/experiment/local_executor.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <limits>
#include <utility>

#include "slm_lab/base/error.h"
#include "slm_lab/experiment/session_command.h"

namespace slm {
namespace {

void check(int error, const char* what) {
  if (error != 0)
    throw Error(ExitCode::io, fmt::format("cannot start a session process: {}: {}", what, std::strerror(error)));
}

}  // namespace

LocalExecutor::LocalExecutor(const Resources& budget) : budget_(budget) {
  budget_.gpus = std::numeric_limits<double>::infinity();  // none is taken
}

LocalExecutor::~LocalExecutor() {
  for (Child& child : children_) stop(child, Stop::now);
  for (Child& child : children_) reap(child);
}

void LocalExecutor::start(const Job& job) {
  try {
    children_.push_back(spawn(job.id, job.session));
    events_.emplace_back(JobStarted{job.id});
  } catch (const Error& error) {
    events_.emplace_back(JobEnded{job.id, static_cast<int>(error.code()), /*crashed=*/false, error.what()});
  }
}

LocalExecutor::Child LocalExecutor::spawn(JobId id, const SessionJob& job) {
  // What a session prints besides its reports (a sanitizer's or the C library's last words) goes into the log.
  const std::string log = job.log.string();
  std::vector<std::string> arguments = session_words(job);
  arguments.insert(arguments.begin(), "slm-lab");
  arguments.push_back(fmt::format("--report={}", kReportDescriptor));
  arguments.push_back(fmt::format("--parent={}", getpid()));
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);

  int ends[2], answers[2] = {-1, -1};
  check(pipe2(ends, O_CLOEXEC) == 0 ? 0 : errno, "pipe");
  if (job.asks && pipe2(answers, O_CLOEXEC) != 0) {
    const int error = errno;
    for (const int end : ends) close(end);
    check(error, "pipe");
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  if (job.asks)
    posix_spawn_file_actions_adddup2(&actions, answers[0], STDIN_FILENO);
  else
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log.c_str(),
                                   O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK, 0644);
  posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  posix_spawn_file_actions_adddup2(&actions, ends[1], kReportDescriptor);
  Child child{.id = id, .pipe = ends[0], .answers = answers[1], .partial = {}};
  const int error = posix_spawn(&child.pid, "/proc/self/exe", &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  if (job.asks) close(answers[0]);
  if (error != 0) {
    close(ends[0]);
    if (job.asks) close(answers[1]);
  }
  check(error, log.c_str());  // most likely that file cannot be written, or there are too many processes
  return child;
}

std::vector<JobEvent> LocalExecutor::wait(int milliseconds) {
  std::vector<pollfd> descriptors;
  for (const Child& child : children_) descriptors.push_back({child.pipe, POLLIN, 0});
  std::vector<JobEvent> events = std::exchange(events_, {});
  if (poll(descriptors.data(), descriptors.size(), events.empty() ? milliseconds : 0) <= 0)
    return events;  // time or a signal
  std::vector<Child> still_running;
  for (std::size_t i = 0; i < children_.size(); ++i) {
    Child& child = children_[i];
    if (descriptors[i].revents == 0 || read_lines(child, events))
      still_running.push_back(std::move(child));
    else
      events.emplace_back(reap(child));
  }
  children_ = std::move(still_running);
  return events;
}

bool LocalExecutor::read_lines(Child& child, std::vector<JobEvent>& events) {
  char buffer[65536];
  const ssize_t count = ::read(child.pipe, buffer, sizeof buffer);
  if (count < 0) return errno == EINTR || errno == EAGAIN;
  child.partial.append(buffer, static_cast<std::size_t>(count));
  std::size_t begin = 0;
  for (std::size_t end; (end = child.partial.find('\n', begin)) != std::string::npos; begin = end + 1)
    events.emplace_back(JobReported{child.id, session_message_of(child.partial.substr(begin, end - begin))});
  child.partial.erase(0, begin);
  return count > 0;
}

JobEnded LocalExecutor::reap(Child& child) {
  close(child.pipe);
  if (child.answers >= 0) close(child.answers);
  int status = 0;
  while (waitpid(child.pid, &status, 0) < 0 && errno == EINTR) {
  }
  JobEnded ended{.job = child.id, .failure = {}};
  ended.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  ended.crashed = WIFSIGNALED(status) && !child.stopped;
  return ended;
}

void LocalExecutor::stop(JobId id, Stop how) {
  for (Child& child : children_)
    if (child.id == id) stop(child, how);
}

void LocalExecutor::answer(JobId id, bool goes_on) {
  const char text = goes_on ? kGoOn : kEnd;
  for (const Child& child : children_)
    if (child.id == id && child.answers >= 0 && write(child.answers, &text, 1) < 0) return;  // it has ended meanwhile
}

void LocalExecutor::stop(Child& child, Stop how) {
  child.stopped = true;
  kill(child.pid, how == Stop::now ? SIGKILL : SIGTERM);
}

}  // namespace slm
