#include <fmt/format.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <string>

#include "slm_lab/base/error.h"
#include "slm_lab/cli/commands.h"
#include "slm_lab/cli/failure.h"
#include "slm_lab/experiment/session_command.h"
#include "slm_lab/experiment/session_process.h"
#include "slm_lab/experiment/stop_signal.h"

namespace slm {
namespace {

void write_all(int descriptor, const std::string& line) {
  for (std::size_t done = 0; done < line.size();) {
    const ssize_t count = write(descriptor, line.data() + done, line.size() - done);
    if (count < 0) return;  // no parent to tell
    done += static_cast<std::size_t>(count);
  }
}

/// What the parent is told. A fast session of a search has many log points between two looks of a user, and to wake the
/// search for each would cost more than all else it does: those that ask nothing come together.
class Reports {
 public:
  Reports(int descriptor, bool of_search) : descriptor_(descriptor), of_search_(of_search) {}
  ~Reports() { tell(); }
  Reports(const Reports&) = delete;
  Reports& operator=(const Reports&) = delete;

  void add(SessionMessage message) {
    const bool point_of_search = of_search_ && message.kind == SessionMessage::Kind::log_point;
    if (point_of_search) {  // its views show none of that
      message.text = message.details = "";
      message.phase_seconds = {};
    }
    waiting_ += message.to_line();
    if (!point_of_search || message.asks || Clock::now() - told_ >= kMostWait) tell();
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds kMostWait{50};

  void tell() {
    write_all(descriptor_, waiting_);
    waiting_.clear();
    told_ = Clock::now();
  }

  int descriptor_;
  bool of_search_;
  std::string waiting_;
  Clock::time_point told_ = Clock::now();
};

/// A stop signal ends the wait, and so does the end of whoever would answer: then this process ends, too.
Answer read_answer() {
  std::string line;
  for (char next = 0;; line += next) {
    const ssize_t count = ::read(STDIN_FILENO, &next, 1);
    if (count == 0) std::_Exit(static_cast<int>(ExitCode::terminated));
    if (count < 0) return {};
    if (next == '\n') return answer_of(line);
  }
}

void end_with_parent(pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) std::_Exit(static_cast<int>(ExitCode::terminated));  // it ended before the line above
}

int run(const SessionJob& job, int reports, pid_t parent) {
  end_with_parent(parent);
  catch_stop_signals(SecondStop::mark);
  std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);  // the trial's log: by lines, as other sessions write there too
  Reports to_parent(reports, job.of_search);
  const auto report = [&](const SessionMessage& message) {
    to_parent.add(message);
    if (message.text.empty()) return;
    const std::string between = message.details.empty() ? "" : "  ";
    fmt::print("s{} | {}{}{}\n", job.session, message.text, between, message.details);
    if (std::ferror(stdout) != 0) throw Error(ExitCode::io, "cannot write the log file: is the disk full?");
  };
  try {
    const int code = run_session(job, {report, read_answer});
    if (std::fflush(stdout) != 0) throw Error(ExitCode::io, "cannot write the log file: is the disk full?");
    return code;
  } catch (...) {  // whatever it is, the user learns of it
    SessionMessage message;
    message.kind = SessionMessage::Kind::error;
    message.text = current_failure().text;
    to_parent.add(message);
    throw;
  }
}

}  // namespace

std::function<int()> add_session(CLI::App& app, const Invocation&) {
  auto job = std::make_shared<SessionJob>();
  auto reports = std::make_shared<int>();
  auto parent = std::make_shared<pid_t>();
  app.add_option("folder", job->folder, "run folder")->required();
  app.add_option("--trial", job->trial, "index of the trial");
  app.add_option("--session", job->session, "index of the session");
  app.add_option("--threads", job->threads, "threads of this session");
  app.add_option("--checkpoint-seconds", job->checkpoint_seconds, "seconds between checkpoints");
  app.add_option("--ask-at", job->ask_at, "from this frame on it waits at a log point for an answer on standard input");
  app.add_option("--of-search", job->of_search, "a trial of a search");
  app.add_option("--spec-hash", job->spec_hash, "of the spec of the trial");
  app.add_option("--report", *reports, "descriptor on which it reports")->required();
  app.add_option("--parent", *parent, "process that started this one")->required();
  return [job, reports, parent] { return run(*job, *reports, *parent); };
}

}  // namespace slm
