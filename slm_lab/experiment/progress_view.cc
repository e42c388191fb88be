#include "slm_lab/experiment/progress_view.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>

#include "slm_lab/report/log_line.h"

namespace slm {
namespace {

constexpr std::chrono::seconds kLineInterval{1};
constexpr std::array<std::string_view, 4> kLevels = {"ERROR", "WARNING", "INFO", "DEBUG"};

int rank(std::string_view level) {
  for (std::size_t i = 0; i < kLevels.size(); ++i)
    if (std::tolower(level[0]) == std::tolower(kLevels[i][0])) return static_cast<int>(i);
  return 2;
}

}  // namespace

ProgressView::ProgressView(const LabSpec& spec, const std::string& log_level)
    : verbosity_(rank(log_level)), panel_(STDERR_FILENO, verbosity_ >= 2 && is_live_terminal(STDERR_FILENO)) {
  for (int session = 0; session < spec.meta.max_session; ++session) {
    sessions_.push_back({.name = fmt::format("s{}", session)});
    sessions_.back().max_frame = spec.env.max_frame;
  }
  lines_.resize(sessions_.size());
}

void ProgressView::show(int session, const SessionMessage& message) {
  SessionProgress& progress = sessions_[static_cast<std::size_t>(session)];
  progress.state = SessionProgress::State::running;
  progress.frame = message.frame;
  progress.fps = message.fps;
  progress.seconds = message.seconds;
  progress.return_ma = message.return_ma;
  progress.best = message.best;
  if (message.kind == SessionMessage::Kind::warning) print(progress.name, "WARNING", message.text);
  if (message.kind == SessionMessage::Kind::log_point) {
    lines_[static_cast<std::size_t>(session)].newest = message.text;
    if (std::chrono::steady_clock::now() >= lines_[static_cast<std::size_t>(session)].next) print_newest(session);
  }
  panel_.show(sessions_);
}

void ProgressView::exited(int session, int exit_code) {
  SessionProgress& progress = sessions_[static_cast<std::size_t>(session)];
  progress.state = exit_code == 0     ? SessionProgress::State::done
                   : exit_code >= 128 ? SessionProgress::State::stopped
                                      : SessionProgress::State::failed;
  print_newest(session);
  panel_.show(sessions_);
}

void ProgressView::warn(const std::string& unit, const std::string& text) { print(unit, "WARNING", text); }

void ProgressView::print_newest(int session) {
  Line& line = lines_[static_cast<std::size_t>(session)];
  if (!panel_.live() && !line.newest.empty())
    print(sessions_[static_cast<std::size_t>(session)].name, "INFO", line.newest);
  line.newest.clear();
  line.next = std::chrono::steady_clock::now() + kLineInterval;
}

void ProgressView::print(const std::string& unit, std::string_view level, const std::string& text) {
  if (rank(level) <= verbosity_) panel_.print(stamped_line(std::chrono::system_clock::now(), level, unit, text));
}

}  // namespace slm
