#include "slm_lab/experiment/progress_view.h"

#include <fmt/format.h>
#include <unistd.h>

#include "slm_lab/report/log_line.h"

namespace slm {
namespace {

constexpr std::chrono::seconds kLineInterval{1};

}  // namespace

ProgressView::ProgressView(std::vector<SessionProgress> sessions, const std::string& log_level, bool compact,
                           bool profile)
    : verbosity_(log_rank(log_level)),
      compact_(compact),
      profile_(profile),
      sessions_(std::move(sessions)),
      lines_(sessions_.size()),
      panel_(STDERR_FILENO, verbosity_ >= 2 && is_live_terminal(STDERR_FILENO)) {}

void ProgressView::done_before(std::size_t session, const SessionResult& result) {
  SessionProgress& progress = sessions_[session];
  progress.state = SessionProgress::State::done;
  progress.frame = result.frame;
  progress.fps = result.fps();
  progress.seconds = result.seconds;
  if (profile_) progress.phase_seconds = result.phase_seconds;
  progress.return_ma = result.ma100;
  progress.best = result.best_total_reward_ma;
}

void ProgressView::show(std::size_t session, const SessionMessage& message) {
  SessionProgress& progress = sessions_[session];
  progress.state = SessionProgress::State::running;
  progress.frame = message.frame;
  progress.fps = message.fps;
  progress.seconds = message.seconds;
  if (profile_) progress.phase_seconds = message.phase_seconds;
  progress.return_ma = message.return_ma;
  progress.best = message.best;
  if (message.kind == SessionMessage::Kind::warning) print(progress.name, "WARNING", message.text);
  if (message.kind == SessionMessage::Kind::log_point) {
    const bool all = verbosity_ >= log_rank("DEBUG") && !message.details.empty();
    lines_[session].newest = all ? message.text + "  " + message.details : message.text;
    if (!compact_ && std::chrono::steady_clock::now() >= lines_[session].next) print_newest(session);
  }
  draw();
}

void ProgressView::exited(std::size_t session, int exit_code) {
  SessionProgress& progress = sessions_[session];
  progress.state = exit_code == 0     ? SessionProgress::State::done
                   : exit_code >= 128 ? SessionProgress::State::stopped
                                      : SessionProgress::State::failed;
  print_newest(session);
  draw();
}

void ProgressView::draw() {
  if (!compact_) return panel_.show(sessions_);
  std::vector<SessionProgress> running;
  for (const SessionProgress& session : sessions_)
    if (session.state == SessionProgress::State::running) running.push_back(session);
  panel_.show(running);
}

void ProgressView::warn(const std::string& unit, const std::string& text) { print(unit, "WARNING", text); }

void ProgressView::print_newest(std::size_t session) {
  Line& line = lines_[session];
  if ((compact_ || !panel_.live()) && !line.newest.empty()) print(sessions_[session].name, "INFO", line.newest);
  line.newest.clear();
  line.next = std::chrono::steady_clock::now() + kLineInterval;
}

void ProgressView::print(const std::string& unit, std::string_view level, const std::string& text) {
  if (log_rank(level) <= verbosity_) panel_.print(stamped_line(std::chrono::system_clock::now(), level, unit, text));
}

}  // namespace slm
