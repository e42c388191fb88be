#include "slm_lab/experiment/session_pool.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <utility>

#include "slm_lab/base/error.h"
#include "slm_lab/experiment/analysis.h"
#include "slm_lab/experiment/forked_work.h"
#include "slm_lab/experiment/progress_view.h"
#include "slm_lab/experiment/run_jobs.h"
#include "slm_lab/experiment/stop_signal.h"
#include "slm_lab/store/session_result.h"

namespace slm {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kGraphInterval{20};      // while running
constexpr std::chrono::milliseconds kLastGraphs{1500};  // that a stop waits for

/// A session of one of the trials; its place in the list is its line of the view and its job's number.
struct PoolSession {
  std::size_t run;
  int session;
  std::optional<SessionResult> result = {};    // of an earlier run of the program
  std::string error = {};                      // what it said last, if it failed
  std::optional<SessionProfile> profile = {};  // the newest
};

/// All sessions of all trials, those that are done with their results.
std::vector<PoolSession> sessions_of(std::span<const TrialRun> runs) {
  std::vector<PoolSession> sessions;
  for (std::size_t run = 0; run < runs.size(); ++run)
    for (int session = 0; session < runs[run].spec.meta.max_session; ++session) sessions.push_back({run, session});
  return sessions;
}

std::vector<SessionProgress> lines_of(std::span<const TrialRun> runs) {
  std::size_t width = 0;
  for (const TrialRun& run : runs) width = std::max(width, run.name.size());
  std::vector<SessionProgress> lines;
  for (const PoolSession& session : sessions_of(runs)) {
    const TrialRun& run = runs[session.run];
    lines.push_back({.name = fmt::format("{:<{}}s{}", run.name, width == 0 ? 0 : width + 1, session.session)});
    lines.back().max_frame = run.spec.env.max_frame;
  }
  return lines;
}

/// Sessions of several trials on their way through an executor.
class SessionPool final : public JobSource {
 public:
  using Ended = std::function<void(std::size_t run, const TrialOutcome& outcome)>;

  SessionPool(std::span<const TrialRun> runs, const PoolOptions& options, const Ended& ended)
      : runs_(runs),
        options_(options),
        ended_(ended),
        view_(lines_of(runs), options.log_level, options.compact, options.profile),
        sessions_(sessions_of(runs)),
        states_(runs.size()) {
    for (JobId id = 0; id < sessions_.size(); ++id) look_up(id);
  }

  void run(Executor& executor) {
    for (std::size_t run = 0; run < runs_.size(); ++run)
      if (states_[run].left == 0) end(run);
    run_jobs(*this, executor);
    view_.close();
    for (std::size_t run = 0; run < runs_.size(); ++run)
      if (states_[run].left > 0) end(run);  // a stop kept sessions from starting
    graphs_.finish(kLastGraphs);
  }

  std::optional<Job> next(const Resources& free) override {
    if (waiting_.empty()) return std::nullopt;
    const JobId id = waiting_.front();
    const TrialRun& run = runs_[sessions_[id].run];
    const Resources needs{static_cast<double>(options_.threads_per_session), run.spec.session_bytes};
    const bool fits = needs.cores <= free.cores && needs.bytes <= free.bytes;
    if (!fits && running_ > 0) return std::nullopt;  // the first one always fits: that was checked before it all began
    waiting_.pop_front();
    ++running_;
    State& state = states_[sessions_[id].run];
    if (!state.started) state.started = Clock::now();
    SessionJob job;
    job.folder = run.folder.root();
    job.trial = run.trial;
    job.log = run.folder.trial_log(run.trial);
    job.session = sessions_[id].session;
    job.threads = options_.threads_per_session;
    job.checkpoint_seconds = options_.checkpoint_seconds;
    return Job{id, job, needs};
  }

  Answer reported(JobId id, const SessionMessage& message) override {
    view_.show(id, message);
    if (message.kind == SessionMessage::Kind::error) sessions_[id].error = message.text;
    if (message.seconds > 0) note_profile(id, message.frame, message.phase_seconds);  // else it is no session's own
    if (message.kind == SessionMessage::Kind::checkpoint) {
      states_[sessions_[id].run].checkpoint_seen = true;
      if (options_.checkpointed) options_.checkpointed(sessions_[id].run);
    }
    return {};
  }

  void crashed(JobId id, const std::string& how) override {
    view_.warn(name(id), how + "; tried again from its checkpoint");
  }

  void ended(const JobEnded& job) override {
    State& state = states_[sessions_[job.job].run];
    --running_;
    view_.exited(job.job, job.exit_code);
    if (job.exit_code != 0 && stop_signal() != 0) state.interrupted = true;
    if (job.exit_code != 0 && stop_signal() == 0) add_failure(job);
    if (--state.left == 0) to_end_.push_back(sessions_[job.job].run);
  }

  void stopping(const std::string& text) override { view_.warn("trial", text); }

  void idle() override {
    for (const std::size_t run : std::exchange(to_end_, {})) end(run);
    for (std::size_t run = 0; run < runs_.size(); ++run) {
      State& state = states_[run];
      if (!state.checkpoint_seen || state.left == 0 || Clock::now() - state.graphs_drawn < kGraphInterval) continue;
      if (graphs_.too_early(run)) continue;
      draw(run);
    }
  }

 private:
  /// How a trial stands.
  struct State {
    TrialOutcome outcome;
    int left = 0;                  // sessions that have not ended for good
    bool interrupted = false;      // a session ended early because of a stop
    bool checkpoint_seen = false;  // since the graphs were drawn
    Clock::time_point graphs_drawn = Clock::now();
    std::optional<Clock::time_point> started;
  };

  /// A session that is done is shown with its result; one whose result cannot be read has failed; others wait.
  void look_up(JobId id) {
    PoolSession& session = sessions_[id];
    const TrialRun& run = runs_[session.run];
    try {
      session.result = read_session_result(run.folder, run.trial, session.session);
      if (session.result) {
        note_profile(id, session.result->frame, session.result->phase_seconds);
        return view_.done_before(id, *session.result);
      }
      waiting_.push_back(id);
      ++states_[session.run].left;
    } catch (const Error& error) {
      session.error = error.what();
      add_failure({.job = id, .exit_code = static_cast<int>(error.code()), .failure = {}});
    }
  }

  void note_profile(JobId id, std::int64_t frames, const PhaseSeconds& seconds) {
    sessions_[id].profile = {.session = sessions_[id].session, .frames = frames, .seconds = seconds};
  }

  std::string name(JobId id) const {
    const std::string& run = runs_[sessions_[id].run].name;
    return fmt::format("{}{}s{}", run, run.empty() ? "" : " ", sessions_[id].session);
  }

  void add_failure(const JobEnded& job) {
    const PoolSession& session = sessions_[job.job];
    const TrialRun& run = runs_[session.run];
    TrialOutcome& outcome = states_[session.run].outcome;
    if (outcome.exit_code == 0) outcome.exit_code = job.crashed ? 1 : job.exit_code;
    outcome.failures.push_back({.session = session.session,
                                .reason = !job.failure.empty()     ? job.failure
                                          : !session.error.empty() ? session.error
                                          : job.crashed ? fmt::format("ended by signal {}", job.exit_code - 128)
                                                        : fmt::format("ended with code {}", job.exit_code),
                                .log = run.folder.trial_log(run.trial)});
  }

  void end(std::size_t run) {
    State& state = states_[run];
    if (state.started) state.outcome.seconds = std::chrono::duration<double>(Clock::now() - *state.started).count();
    if (state.interrupted || state.left > 0) state.outcome.exit_code = 128 + stop_signal();
    for (const PoolSession& session : sessions_)
      if (session.run == run && session.profile) state.outcome.profiles.push_back(*session.profile);
    if (stop_signal_count() < 2) draw(run);
    ended_(run, state.outcome);
  }

  void draw(std::size_t run) {
    const TrialRun& trial = runs_[run];
    graphs_.start(run, [&trial] { draw_graphs(trial.folder, trial.spec, trial.trial); });
    states_[run].graphs_drawn = Clock::now();
    states_[run].checkpoint_seen = false;
  }

  std::span<const TrialRun> runs_;
  const PoolOptions& options_;
  const Ended& ended_;
  ProgressView view_;
  std::vector<PoolSession> sessions_;  // by job
  std::vector<State> states_;          // by run
  std::deque<JobId> waiting_;          // sessions to start
  std::vector<std::size_t> to_end_;    // runs whose last session has ended
  int running_ = 0;
  ForkedWork graphs_;  // by run
};

}  // namespace

std::string SessionFailure::text() const {
  return fmt::format("session {} failed: {}\n  its log: {}", session, reason, log.string());
}

void run_sessions(std::span<const TrialRun> runs, Executor& executor, const PoolOptions& options,
                  const std::function<void(std::size_t run, const TrialOutcome& outcome)>& ended) {
  SessionPool(runs, options, ended).run(executor);
}

}  // namespace slm
