#include "slm_lab/experiment/search_view.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <vector>

#include "slm_lab/report/log_line.h"
#include "slm_lab/report/number_text.h"

namespace slm {

SearchView::SearchView(const std::string& log_level)
    : verbosity_(log_rank(log_level)),
      panel_(STDERR_FILENO, verbosity_ >= log_rank("INFO") && is_live_terminal(STDERR_FILENO)) {}

void SearchView::print(std::string_view level, const std::string& unit, const std::string& text) {
  if (log_rank(level) <= verbosity_) panel_.print(stamped_line(std::chrono::system_clock::now(), level, unit, text));
}

void SearchView::started(std::size_t job, const std::string& name, std::int64_t max_frame) {
  SessionProgress progress{.name = name};
  progress.state = SessionProgress::State::running;
  progress.max_frame = max_frame;
  running_[job] = progress;
}

void SearchView::show(std::size_t job, const SessionMessage& message) {
  SessionProgress& progress = running_[job];
  progress.frame = message.frame;
  progress.fps = message.fps;
  progress.seconds = message.seconds;
  progress.return_ma = message.return_ma;
  progress.best = message.best;
}

void SearchView::draw(const SearchProgress& progress, std::span<const Rung> rungs) {
  if (frames_before_ < 0) frames_before_ = progress.frames;
  if (!panel_.live()) return;
  std::vector<SessionProgress> running;
  for (const auto& [job, session] : running_) running.push_back(session);
  panel_.show(running, head(progress, rungs));
}

std::string SearchView::head(const SearchProgress& progress, std::span<const Rung> rungs) const {
  std::string text = fmt::format("search {}/{} trials  {} done, {} stopped, {} failed", progress.ended(),
                                 progress.max_trial, progress.complete, progress.stopped, progress.failed);
  if (progress.best_trial >= 0)
    text += fmt::format("  best t{} {}", progress.best_trial, return_text(progress.best_value));
  text += "  left " + duration_text(seconds_left(progress));
  if (!rungs.empty()) text += "\nrungs";
  for (const Rung& rung : rungs)
    text += fmt::format("  {}: {}/{} on", count_text(static_cast<double>(rung.frame)), rung.reached - rung.stopped,
                        rung.reached);
  return text;
}

/// From what this run of the program did in its time, and how long trials were so far.
double SearchView::seconds_left(const SearchProgress& progress) const {
  std::int64_t running = 0;
  for (const auto& [job, session] : running_) running += session.frame;
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
  const auto done = static_cast<double>(progress.frames - frames_before_ + running);
  if (progress.ended() == 0 || done <= 0) return NAN;
  const double per_trial = static_cast<double>(progress.frames) / progress.ended();
  const auto num_running = static_cast<int>(running_.size());
  double left = per_trial * std::max(0, progress.max_trial - progress.ended() - num_running);
  for (const auto& [job, session] : running_) {
    const auto frame = static_cast<double>(session.frame);
    // One that came further than most goes on to its end.
    left += (frame < per_trial ? per_trial : static_cast<double>(session.max_frame)) - frame;
  }
  return left / done * seconds;
}

}  // namespace slm
