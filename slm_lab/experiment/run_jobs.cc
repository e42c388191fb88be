#include "slm_lab/experiment/run_jobs.h"

#include <fmt/format.h>

#include <map>
#include <vector>

#include "slm_lab/experiment/stop_signal.h"

namespace slm {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kEventMilliseconds = 100;
constexpr int kMaxCrashes = 2;  // in a row, without progress
constexpr int kMaxLosses = 8;   // with those that came from elsewhere: a machine that went, a driver

class JobLoop {
 public:
  JobLoop(JobSource& source, Executor& executor, const RunJobsOptions& options)
      : source_(source), executor_(executor), options_(options), free_(executor.budget()) {}

  void run() {
    for (;;) {
      start_what_fits();
      if (jobs_.empty()) return;
      for (const JobEvent& event : executor_.wait(kEventMilliseconds))
        std::visit([this](const auto& what) { handle(what); }, event);
      pass_on_stop();
      restart_crashed();
      source_.idle();
    }
  }

 private:
  /// A job that was taken from the source and has not ended for good.
  struct State {
    Job job;
    std::int64_t frame = 0;  // the newest that it reported
    std::int64_t frame_at_crash = -1;
    int crashes = 0;                           // in a row, without progress
    std::optional<Clock::time_point> restart;  // waits for it
  };

  void start_what_fits() {
    while (stop_signal() == 0) {
      const std::optional<Job> job = source_.next(free_);
      if (!job) return;
      jobs_[job->id].job = *job;
      free_.cores -= job->needs.cores;
      free_.bytes -= job->needs.bytes;
      free_.gpus -= job->needs.gpus;
      executor_.start(*job);
    }
  }

  void handle(const JobStarted&) {}

  void handle(const JobReported& report) {
    State& state = jobs_.at(report.job);
    state.frame = std::max(state.frame, report.message.frame);
    const Answer answer = source_.reported(report.job, report.message);
    if (report.message.asks)
      executor_.answer(report.job, answer);
    else if (!answer.goes_on && !state.job.session.ask_at)
      executor_.stop(report.job, Stop::at_checkpoint);
  }

  void handle(const JobEnded& ended) {
    State& state = jobs_.at(ended.job);
    if (ended.crashed && may_try_again(state, ended.failure.empty() ? kMaxCrashes : kMaxLosses)) {
      source_.crashed(
          ended.job, !ended.failure.empty() ? ended.failure : fmt::format("ended by signal {}", ended.exit_code - 128));
      return;
    }
    free_.cores += state.job.needs.cores;
    free_.bytes += state.job.needs.bytes;
    free_.gpus += state.job.needs.gpus;
    jobs_.erase(ended.job);
    source_.ended(ended);
    start_what_fits();  // before anything that takes time: see JobSource::idle()
  }

  /// It keeps its budget while it waits.
  bool may_try_again(State& state, int most) {
    if (stop_signal() != 0) return false;
    state.crashes = state.frame > state.frame_at_crash ? 1 : state.crashes + 1;
    state.frame_at_crash = state.frame;
    if (state.crashes > most) return false;
    state.restart = Clock::now() + options_.retry_delay * (1 << (state.crashes - 1));
    return true;
  }

  void restart_crashed() {
    std::vector<JobId> given_up;
    for (auto& [id, state] : jobs_) {
      if (!state.restart) continue;
      if (stop_signal() != 0) {
        given_up.push_back(id);
      } else if (Clock::now() >= *state.restart) {
        state.restart.reset();
        executor_.start(state.job);
      }
    }
    for (const JobId id : given_up) handle(JobEnded{id, 128 + stop_signal(), /*crashed=*/false, /*failure=*/""});
  }

  void pass_on_stop() {
    if (stop_signal_count() > 1 && !killed_) {
      killed_ = true;
      stop_all(Stop::now);
    } else if (stop_signal_count() == 1 && !stop_asked_) {
      stop_asked_ = Clock::now();
      source_.stopping("stopping: every session writes a checkpoint (again to stop at once)");
      stop_all(Stop::at_checkpoint);
    } else if (stop_asked_ && !killed_ && Clock::now() - *stop_asked_ >= options_.stop_deadline) {
      killed_ = true;
      const std::string who = jobs_.size() == 1 ? "one session is" : fmt::format("{} sessions are", jobs_.size());
      source_.stopping(fmt::format("{} ended, not having done so within {:.0f} s; the last checkpoint stays", who,
                                   std::chrono::duration<double>(options_.stop_deadline).count()));
      stop_all(Stop::now);
    }
  }

  void stop_all(Stop how) {
    for (const auto& [id, state] : jobs_)
      if (!state.restart) executor_.stop(id, how);
  }

  JobSource& source_;
  Executor& executor_;
  const RunJobsOptions& options_;
  Resources free_;
  std::map<JobId, State> jobs_;
  std::optional<Clock::time_point> stop_asked_;
  bool killed_ = false;
};

}  // namespace

void run_jobs(JobSource& source, Executor& executor, const RunJobsOptions& options) {
  JobLoop(source, executor, options).run();
}

}  // namespace slm
