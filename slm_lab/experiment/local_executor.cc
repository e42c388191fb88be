#include "slm_lab/experiment/local_executor.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <limits>
#include <utility>

#include "slm_lab/base/child_process.h"
#include "slm_lab/base/error.h"
#include "slm_lab/experiment/session_command.h"

namespace slm {

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
  std::vector<std::string> words = session_words(job);
  words.insert(words.begin(), "slm-lab");
  words.push_back(fmt::format("--report={}", kReportDescriptor));
  words.push_back(fmt::format("--parent={}", getpid()));
  ChildProgram session(std::move(words), "/proc/self/exe");

  DescriptorPair reports = make_pipe();
  std::optional<DescriptorPair> answers;
  if (job.ask_at) {
    answers.emplace(make_pipe());
    session.give(answers->first.number(), STDIN_FILENO);
  } else {
    session.open("/dev/null", O_RDONLY, STDIN_FILENO);
  }
  // What a session prints besides its reports (a sanitizer's or the C library's last words) goes into the log.
  session.open(job.log, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK, STDOUT_FILENO)
      .give(STDOUT_FILENO, STDERR_FILENO)
      .give(reports.second.number(), kReportDescriptor);
  Child child;
  child.id = id;
  try {
    child.pid = session.start();
  } catch (const Error& error) {  // most likely the log cannot be written, or there are too many processes
    throw Error(error.code(), fmt::format("cannot start a session process: {}: {}", job.log.string(), error.what()));
  }
  child.pipe.emplace(std::move(reports.first));
  if (answers) child.answers.emplace(std::move(answers->second));
  return child;
}

std::vector<JobEvent> LocalExecutor::wait(int milliseconds) {
  std::vector<pollfd> descriptors;
  for (const Child& child : children_) descriptors.push_back({child.pipe->number(), POLLIN, 0});
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
  const ssize_t count = ::read(child.pipe->number(), buffer, sizeof buffer);
  if (count < 0) return errno == EINTR || errno == EAGAIN;
  child.partial.append(buffer, static_cast<std::size_t>(count));
  std::size_t begin = 0;
  for (std::size_t end; (end = child.partial.find('\n', begin)) != std::string::npos; begin = end + 1)
    events.emplace_back(JobReported{child.id, session_message_of(child.partial.substr(begin, end - begin))});
  child.partial.erase(0, begin);
  return count > 0;
}

JobEnded LocalExecutor::reap(Child& child) {
  child.pipe.reset();  // one that waits to write ends
  child.answers.reset();
  const int status = wait_for_end(child.pid);
  JobEnded ended{.job = child.id, .failure = {}};
  ended.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  ended.crashed = WIFSIGNALED(status) && !child.stopped;
  return ended;
}

void LocalExecutor::stop(JobId id, Stop how) {
  for (Child& child : children_)
    if (child.id == id) stop(child, how);
}

void LocalExecutor::answer(JobId id, const Answer& answer) {
  const std::string line = answer_line(answer);
  for (const Child& child : children_)
    if (child.id == id && child.answers && write(child.answers->number(), line.data(), line.size()) < 0)
      return;  // it has ended meanwhile
}

void LocalExecutor::stop(Child& child, Stop how) {
  child.stopped = true;
  kill(child.pid, how == Stop::now ? SIGKILL : SIGTERM);
}

}  // namespace slm
