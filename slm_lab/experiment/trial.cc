#include "slm_lab/experiment/trial.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <set>

#include "slm_lab/base/error.h"
#include "slm_lab/experiment/analysis.h"
#include "slm_lab/experiment/progress_view.h"
#include "slm_lab/experiment/session_message.h"
#include "slm_lab/experiment/stop_signal.h"

namespace slm {
namespace {

constexpr int kWaitMilliseconds = 100;
constexpr std::chrono::seconds kGraphInterval{20};  // while running; a graph takes tens of milliseconds
constexpr int kMaxCrashes = 1;                      // a session that crashes is tried once more

/// The sessions of one trial on their way through an executor.
class TrialRun {
 public:
  TrialRun(const DataFolder& folder, const LabSpec& spec, Executor& executor, const TrialOptions& options)
      : folder_(folder), spec_(spec), executor_(executor), options_(options), view_(spec, options.log_level) {
    for (int session = 0; session < spec.meta.max_session; ++session)
      if (!read_session_result(folder, options.trial, session)) waiting_.push_back(session);
  }

  TrialOutcome run() {
    start_waiting();
    while (running_ > 0) {
      for (const SessionEvent& event : executor_.wait(kWaitMilliseconds)) handle(event);
      pass_on_stop();
      draw_graphs_sometimes();
    }
    view_.close();
    draw();
    if (stop_signal() != 0) outcome_.exit_code = 128 + stop_signal();
    return outcome_;
  }

 private:
  void start_waiting() {
    while (stop_signal() == 0 && !waiting_.empty() && running_ < executor_.slots()) {
      SessionJob job;
      job.folder = folder_.root();
      job.trial = options_.trial;
      job.session = waiting_.front();
      job.threads = options_.threads_per_session;
      job.checkpoint_seconds = options_.checkpoint_seconds;
      waiting_.erase(waiting_.begin());
      executor_.start(job);
      ++running_;
    }
  }

  void handle(const SessionEvent& event) {
    if (event.exited)
      handle_exit(event);
    else
      handle_message(event.session, SessionMessage::from_line(event.line));
  }

  void handle_message(int session, const SessionMessage& message) {
    view_.show(session, message);
    if (message.kind == SessionMessage::Kind::error) errors_[session] = message.text;
    if (message.kind == SessionMessage::Kind::checkpoint) checkpoint_seen_ = true;
  }

  void handle_exit(const SessionEvent& event) {
    --running_;
    view_.exited(event.session, event.exit_code);
    if (event.crashed && ++crashes_[event.session] <= kMaxCrashes) {
      view_.warn(fmt::format("s{}", event.session),
                 fmt::format("ended by signal {}; tried once more from its checkpoint",
                                            event.exit_code - 128));
      waiting_.push_back(event.session);
    } else if (event.exit_code != 0 && stop_signal() == 0) {
      if (outcome_.exit_code == 0) outcome_.exit_code = event.crashed ? 1 : event.exit_code;
      outcome_.failures.push_back(failure_text(event));
    }
    start_waiting();
  }

  std::string failure_text(const SessionEvent& event) const {
    const auto error = errors_.find(event.session);
    const std::string reason = error != errors_.end() ? error->second : fmt::format("ended with code {}", event.exit_code);
    return fmt::format("session {} failed: {}\n  its log: {}", event.session, reason,
                       (folder_.log() / (folder_.session_prefix(event.trial, event.session) + ".log")).string());
  }

  void pass_on_stop() {
    if (stop_signal_count() == stops_passed_on_) return;
    const bool now = stop_signal_count() > 1;
    if (!now) view_.warn("trial", "stopping: every session writes a checkpoint (again to stop at once)");
    executor_.stop_all(now);
    stops_passed_on_ = stop_signal_count();
  }

  /// A picture that cannot be drawn costs the run nothing.
  void draw() {
    try {
      draw_graphs(folder_, spec_, options_.trial);
    } catch (const Error& error) {
      view_.warn("trial", fmt::format("no graphs: {}", error.what()));
    }
  }

  void draw_graphs_sometimes() {
    const auto now = std::chrono::steady_clock::now();
    if (!checkpoint_seen_ || running_ == 0 || now - graphs_drawn_ < kGraphInterval) return;
    draw();
    graphs_drawn_ = now;
    checkpoint_seen_ = false;
  }

  const DataFolder& folder_;
  const LabSpec& spec_;
  Executor& executor_;
  TrialOptions options_;
  ProgressView view_;
  TrialOutcome outcome_;
  std::vector<int> waiting_;            // sessions to start
  int running_ = 0;
  std::map<int, int> crashes_;          // by session
  std::map<int, std::string> errors_;   // what failed sessions said last
  bool checkpoint_seen_ = false;        // since the graphs were drawn
  std::chrono::steady_clock::time_point graphs_drawn_ = std::chrono::steady_clock::now();
  int stops_passed_on_ = 0;
};

}  // namespace

TrialOutcome run_trial(const DataFolder& folder, const LabSpec& spec, Executor& executor, const TrialOptions& options) {
  TrialOutcome outcome = TrialRun(folder, spec, executor, options).run();
  if (outcome.exit_code == 0) fmt::print("{}", analyse_trial(folder, spec, options.trial));
  return outcome;
}

}  // namespace slm
