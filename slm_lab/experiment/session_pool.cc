#include "slm_lab/experiment/session_pool.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <map>
#include <optional>

#include "slm_lab/base/error.h"
#include "slm_lab/experiment/analysis.h"
#include "slm_lab/experiment/progress_view.h"
#include "slm_lab/experiment/session_message.h"
#include "slm_lab/experiment/stop_signal.h"
#include "slm_lab/store/session_result.h"

namespace slm {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kWaitMilliseconds = 100;
constexpr std::chrono::seconds kGraphInterval{20};  // while running; a graph takes tens of milliseconds
constexpr int kMaxCrashes = 1;                      // a session that crashes is tried once more

/// The lines of the view: one per session of every trial.
std::vector<SessionProgress> lines_of(std::span<const TrialRun> runs) {
  std::size_t width = 0;
  for (const TrialRun& run : runs) width = std::max(width, run.name.size());
  std::vector<SessionProgress> lines;
  for (const TrialRun& run : runs)
    for (int session = 0; session < run.spec.meta.max_session; ++session) {
      lines.push_back({.name = fmt::format("{:<{}}s{}", run.name, width == 0 ? 0 : width + 1, session)});
      lines.back().max_frame = run.spec.env.max_frame;
    }
  return lines;
}

/// Sessions of several trials on their way through an executor.
class SessionPool {
 public:
  using Ended = std::function<void(std::size_t run, const TrialOutcome& outcome)>;

  SessionPool(std::span<const TrialRun> runs, Executor& executor, const PoolOptions& options, const Ended& ended)
      : runs_(runs),
        executor_(executor),
        options_(options),
        ended_(ended),
        view_(lines_of(runs), options.log_level, options.compact),
        states_(runs.size()) {
    std::size_t first_line = 0;
    for (std::size_t run = 0; run < runs.size(); ++run) {
      states_[run].first_line = first_line;
      first_line += static_cast<std::size_t>(runs[run].spec.meta.max_session);
      for (int session = 0; session < runs[run].spec.meta.max_session; ++session) {
        if (read_session_result(runs[run].folder, runs[run].trial, session)) continue;
        waiting_.push_back({run, session});
        ++states_[run].left;
      }
    }
  }

  void run() {
    start_waiting();
    for (std::size_t run = 0; run < runs_.size(); ++run)
      if (states_[run].left == 0) end(run);
    while (running_ > 0) {
      for (const SessionEvent& event : executor_.wait(kWaitMilliseconds)) handle(event);
      pass_on_stop();
      draw_graphs_sometimes();
    }
    view_.close();
    for (std::size_t run = 0; run < runs_.size(); ++run)
      if (states_[run].left > 0) end(run);  // a stop kept sessions from starting
  }

 private:
  struct Waiting {
    std::size_t run;
    int session;
  };

  /// How a trial stands.
  struct State {
    TrialOutcome outcome;
    std::size_t first_line = 0;         // of the view
    int left = 0;                       // sessions that have not ended for good
    bool interrupted = false;           // a session ended early because of a stop
    std::map<int, int> crashes;         // by session
    std::map<int, std::string> errors;  // what failed sessions said last
    bool checkpoint_seen = false;       // since the graphs were drawn
    Clock::time_point graphs_drawn = Clock::now();
    std::optional<Clock::time_point> started;
  };

  void start_waiting() {
    while (stop_signal() == 0 && !waiting_.empty() && running_ < executor_.slots()) {
      const auto [run, session] = waiting_.front();
      waiting_.pop_front();
      SessionJob job;
      job.folder = runs_[run].folder.root();
      job.trial = runs_[run].trial;
      job.session = session;
      job.run = run;
      job.threads = options_.threads_per_session;
      job.checkpoint_seconds = options_.checkpoint_seconds;
      if (!states_[run].started) states_[run].started = Clock::now();
      ++running_;
      executor_.start(job);
    }
  }

  std::size_t line(const SessionEvent& event) const {
    return states_[event.run].first_line + static_cast<std::size_t>(event.session);
  }

  void handle(const SessionEvent& event) {
    if (event.exited)
      handle_exit(event);
    else
      handle_message(event, SessionMessage::from_line(event.line));
  }

  void handle_message(const SessionEvent& event, const SessionMessage& message) {
    view_.show(line(event), message);
    State& state = states_[event.run];
    if (message.kind == SessionMessage::Kind::error) state.errors[event.session] = message.text;
    if (message.kind == SessionMessage::Kind::checkpoint) state.checkpoint_seen = true;
  }

  void handle_exit(const SessionEvent& event) {
    State& state = states_[event.run];
    --running_;
    view_.exited(line(event), event.exit_code);
    const bool again = event.crashed && ++state.crashes[event.session] <= kMaxCrashes;
    if (again) {
      view_.warn(name(event),
                 fmt::format("ended by signal {}; tried once more from its checkpoint", event.exit_code - 128));
      waiting_.push_front({event.run, event.session});
    } else {
      --state.left;
      if (event.exit_code != 0 && stop_signal() != 0) state.interrupted = true;
      if (event.exit_code != 0 && stop_signal() == 0) add_failure(event);
    }
    start_waiting();  // before anything that takes time
    if (state.left == 0) end(event.run);
  }

  std::string name(const SessionEvent& event) const {
    const std::string& run = runs_[event.run].name;
    return fmt::format("{}{}s{}", run, run.empty() ? "" : " ", event.session);
  }

  void add_failure(const SessionEvent& event) {
    State& state = states_[event.run];
    if (state.outcome.exit_code == 0) state.outcome.exit_code = event.crashed ? 1 : event.exit_code;
    const auto error = state.errors.find(event.session);
    const DataFolder& folder = runs_[event.run].folder;
    state.outcome.failures.push_back({.session = event.session,
                                      .reason = error != state.errors.end() ? error->second
                                                : event.crashed
                                                    ? fmt::format("ended by signal {}", event.exit_code - 128)
                                                    : fmt::format("ended with code {}", event.exit_code),
                                      .log = folder.session_log(event.trial, event.session)});
  }

  void end(std::size_t run) {
    State& state = states_[run];
    if (state.started) state.outcome.seconds = std::chrono::duration<double>(Clock::now() - *state.started).count();
    if (state.interrupted || state.left > 0) state.outcome.exit_code = 128 + stop_signal();
    ended_(run, state.outcome);
  }

  void pass_on_stop() {
    if (stop_signal_count() == stops_passed_on_) return;
    const bool now = stop_signal_count() > 1;
    if (!now) view_.warn("trial", "stopping: every session writes a checkpoint (again to stop at once)");
    executor_.stop_all(now);
    stops_passed_on_ = stop_signal_count();
  }

  void draw_graphs_sometimes() {
    for (std::size_t run = 0; run < runs_.size(); ++run) {
      State& state = states_[run];
      if (!state.checkpoint_seen || state.left == 0 || Clock::now() - state.graphs_drawn < kGraphInterval) continue;
      draw_graphs(runs_[run].folder, runs_[run].spec, runs_[run].trial);
      state.graphs_drawn = Clock::now();
      state.checkpoint_seen = false;
    }
  }

  std::span<const TrialRun> runs_;
  Executor& executor_;
  const PoolOptions& options_;
  const Ended& ended_;
  ProgressView view_;
  std::vector<State> states_;    // by run
  std::deque<Waiting> waiting_;  // sessions to start
  int running_ = 0;
  int stops_passed_on_ = 0;
};

}  // namespace

std::string SessionFailure::text() const {
  return fmt::format("session {} failed: {}\n  its log: {}", session, reason, log.string());
}

void run_sessions(std::span<const TrialRun> runs, Executor& executor, const PoolOptions& options,
                  const std::function<void(std::size_t run, const TrialOutcome& outcome)>& ended) {
  SessionPool(runs, executor, options, ended).run();
}

}  // namespace slm
