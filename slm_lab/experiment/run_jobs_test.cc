#include "slm_lab/experiment/run_jobs.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <deque>

#include "slm_lab/experiment/local_executor.h"
#include "slm_lab/experiment/stop_signal.h"

namespace slm::run_jobs_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

JobReported report(JobId job, std::int64_t frame) {
  JobReported event{job, {}};
  event.message.frame = frame;
  return event;
}
JobEnded done(JobId job) { return {.job = job, .failure = {}}; }
JobEnded crash(JobId job) { return {.job = job, .exit_code = 128 + SIGSEGV, .crashed = true, .failure = {}}; }

/// Plays events from a list, one per wait; keeps what it was told.
class ScriptedExecutor final : public Executor {
 public:
  explicit ScriptedExecutor(const Resources& budget) : budget_(budget) {}
  Resources budget() const override { return budget_; }
  void start(const Job& job) override { log.push_back("start " + std::to_string(job.id)); }
  void stop(JobId id, Stop how) override {
    log.push_back((how == Stop::now ? "kill " : "stop ") + std::to_string(id));
    if (how == Stop::now) script.push_back({JobEnded{id, 128 + SIGKILL, /*crashed=*/false, /*failure=*/""}});
  }
  void answer(JobId id, const Answer& answer) override {
    log.push_back(answer.goes_on ? fmt::format("{} goes on to {}", id, answer.ask_at) : fmt::format("{} ends", id));
  }
  std::vector<JobEvent> wait(int) override {
    if (script.empty()) return {};
    std::vector<JobEvent> events = script.front();
    script.pop_front();
    return events;
  }

  std::deque<std::vector<JobEvent>> script;
  std::vector<std::string> log;

 private:
  Resources budget_;
};

/// Jobs with their needs, started in order; stops those that report more frames than they may have.
class ListedJobs final : public JobSource {
 public:
  explicit ListedJobs(std::vector<Resources> needs) : needs_(std::move(needs)) {}
  std::optional<Job> next(const Resources& free) override {
    if (next_ == needs_.size() || needs_[next_].cores > free.cores || needs_[next_].bytes > free.bytes)
      return std::nullopt;
    const JobId id = next_++;
    Job job{id, {}, needs_[id]};
    if (asks) job.session.ask_at = 0;
    return job;
  }
  Answer reported(JobId, const SessionMessage& message) override {
    return {.goes_on = message.frame <= max_frame, .ask_at = 2 * message.frame};
  }
  void crashed(JobId job, const std::string&) override { log.push_back("crashed " + std::to_string(job)); }
  void ended(const JobEnded& job) override {
    log.push_back("ended " + std::to_string(job.job) + (job.crashed ? " crashed" : ""));
    failures.push_back(job.failure);
  }
  void stopping(const std::string& text) override { log.push_back(text); }

  std::int64_t max_frame = 1'000'000;
  bool asks = false;
  std::vector<std::string> log, failures;

 private:
  std::vector<Resources> needs_;
  std::size_t next_ = 0;
};

TEST(RunJobs, FillsABudgetOfCoresAndBytes) {
  ScriptedExecutor executor({.cores = 3, .bytes = 100});
  // The third needs memory that the first holds; the fourth waits for a core of two that the second and third hold.
  ListedJobs source({{1, 70}, {1, 10}, {1, 60}, {2, 0}});
  executor.script = {{done(0)}, {done(1)}, {done(2)}, {done(3)}};
  run_jobs(source, executor);
  EXPECT_THAT(executor.log, ElementsAre("start 0", "start 1", "start 2", "start 3"));
  EXPECT_THAT(source.log, ElementsAre("ended 0", "ended 1", "ended 2", "ended 3"));
}

TEST(RunJobs, WaitsForMemoryThoughCoresAreFree) {
  ScriptedExecutor executor({.cores = 8, .bytes = 100});
  ListedJobs source({{1, 60}, {1, 60}});
  executor.script = {{report(0, 1)}, {report(0, 2)}, {done(0)}, {done(1)}};
  std::size_t started_before_the_end = 0;
  class Watch final : public JobSource {
   public:
    Watch(ListedJobs& inner, ScriptedExecutor& executor, std::size_t& started)
        : inner_(inner), executor_(executor), started_(started) {}
    std::optional<Job> next(const Resources& free) override { return inner_.next(free); }
    Answer reported(JobId, const SessionMessage&) override { return started_ = executor_.log.size(), Answer{}; }
    void crashed(JobId, const std::string&) override {}
    void ended(const JobEnded&) override {}
    void stopping(const std::string&) override {}

   private:
    ListedJobs& inner_;
    ScriptedExecutor& executor_;
    std::size_t& started_;
  } watch(source, executor, started_before_the_end);
  run_jobs(watch, executor);
  EXPECT_EQ(started_before_the_end, 1u);
  EXPECT_THAT(executor.log, ElementsAre("start 0", "start 1"));
}

// A session is answered where it asks, and only there; it ends by itself.
TEST(RunJobs, AnswersASessionThatAsks) {
  ScriptedExecutor executor({.cores = 1, .bytes = 0});
  ListedJobs source({{1, 0}});
  source.asks = true;
  source.max_frame = 100;
  const auto question = [](std::int64_t frame) {
    JobReported event = report(0, frame);
    event.message.asks = true;
    return event;
  };
  executor.script = {{question(50)}, {report(0, 101)}, {question(150)}, {done(0)}};
  run_jobs(source, executor);
  EXPECT_THAT(executor.log, ElementsAre("start 0", "0 goes on to 100", "0 ends"));
}

// What took its place may depend on how a job ended.
TEST(RunJobs, TellsOfAnEndBeforeItAsksForTheNextJob) {
  ScriptedExecutor executor({.cores = 1, .bytes = 0});
  ListedJobs source({{1, 0}, {1, 0}});
  executor.script = {{done(0)}, {done(1)}};
  std::vector<std::string> log;
  class Watch final : public JobSource {
   public:
    Watch(ListedJobs& inner, std::vector<std::string>& log) : inner_(inner), log_(log) {}
    std::optional<Job> next(const Resources& free) override {
      const auto job = inner_.next(free);
      if (job) log_.push_back("next " + std::to_string(job->id));
      return job;
    }
    Answer reported(JobId, const SessionMessage&) override { return {}; }
    void crashed(JobId, const std::string&) override {}
    void ended(const JobEnded& job) override { log_.push_back("ended " + std::to_string(job.job)); }
    void stopping(const std::string&) override {}
    void idle() override { log_.push_back("idle"); }

   private:
    ListedJobs& inner_;
    std::vector<std::string>& log_;
  } watch(source, log);
  run_jobs(watch, executor);
  EXPECT_THAT(log, ElementsAre("next 0", "ended 0", "next 1", "idle", "ended 1", "idle"));
}

// What a search needs: one is stopped while the others go on.
TEST(RunJobs, ASourceStopsOneJobWhileOthersRun) {
  ScriptedExecutor executor({.cores = 2, .bytes = 0});
  ListedJobs source({{1, 0}, {1, 0}});
  source.max_frame = 100;
  executor.script = {{report(0, 50), report(1, 101)}, {done(1)}, {report(0, 100)}, {done(0)}};
  run_jobs(source, executor);
  EXPECT_THAT(executor.log, ElementsAre("start 0", "start 1", "stop 1"));
  EXPECT_THAT(source.log, ElementsAre("ended 1", "ended 0"));
}

TEST(RunJobs, ACrashIsTriedAgainTwiceUnlessThereWasProgress) {
  ScriptedExecutor executor({.cores = 1, .bytes = 0});
  ListedJobs source({{1, 0}});
  executor.script = {{report(0, 10), crash(0)}, {},  // a first crash
                     {report(0, 10), crash(0)}, {},  // a second without progress
                     {report(0, 20), crash(0)}, {},  // progress: the first again
                     {report(0, 20), crash(0)}, {}, {report(0, 15), crash(0)}};
  run_jobs(source, executor, {.retry_delay = std::chrono::milliseconds(0)});
  EXPECT_THAT(executor.log, ElementsAre("start 0", "start 0", "start 0", "start 0", "start 0"));
  EXPECT_THAT(source.log, ElementsAre("crashed 0", "crashed 0", "crashed 0", "crashed 0", "ended 0 crashed"));
}

// A trial is not at fault where a node or a driver goes; one that takes them along is given up all the same.
TEST(RunJobs, ALossIsTriedAgainMoreOften) {
  JobEnded loss = crash(0);
  loss.failure = "its worker is gone";
  ScriptedExecutor executor({.cores = 1, .bytes = 0});
  ListedJobs source({{1, 0}});
  for (int i = 0; i < 9; ++i) executor.script.insert(executor.script.end(), {{loss}, {}});
  run_jobs(source, executor, {.retry_delay = std::chrono::milliseconds(0)});
  EXPECT_THAT(executor.log, testing::SizeIs(9));
  EXPECT_EQ(source.log.back(), "ended 0 crashed");
}

/// Runs `work` in a process of its own, as signals leave marks that stay; returns its exit code.
int in_child(const std::function<int()>& work) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(work());
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

TEST(RunJobs, ASessionThatDoesNotStopInTimeIsEnded) {
  EXPECT_EQ(in_child([] {
              catch_stop_signals(SecondStop::mark);
              ScriptedExecutor executor({.cores = 1, .bytes = 0});
              ListedJobs source({{1, 0}, {1, 0}});
              executor.script = {{report(0, 1)}};
              class Interrupted final : public JobSource {  // the signal comes when the first one reports
               public:
                explicit Interrupted(ListedJobs& inner) : inner_(inner) {}
                std::optional<Job> next(const Resources& free) override { return inner_.next(free); }
                Answer reported(JobId, const SessionMessage&) override { return {.goes_on = ::raise(SIGTERM) == 0}; }
                void crashed(JobId, const std::string&) override {}
                void ended(const JobEnded& job) override { inner_.ended(job); }
                void stopping(const std::string&) override {}

               private:
                ListedJobs& inner_;
              } interrupted(source);
              run_jobs(interrupted, executor, {.stop_deadline = std::chrono::milliseconds(1)});
              const std::vector<std::string> expected = {"start 0", "stop 0", "kill 0"};  // and never 1
              return executor.log == expected && source.log.size() == 1 ? 0 : 1;
            }),
            0);
}

TEST(StopSignal, AHangUpThatWasIgnoredStaysIgnored) {
  const auto hang_up = [] {
    catch_stop_signals(SecondStop::mark);
    ::raise(SIGHUP);
    return stop_signal();
  };
  EXPECT_EQ(in_child([&] {
              std::signal(SIGHUP, SIG_DFL);  // the suite itself may run under nohup
              return hang_up();
            }),
            SIGHUP);
  EXPECT_EQ(in_child([&] {  // as under nohup
              std::signal(SIGHUP, SIG_IGN);
              return hang_up();
            }),
            0);
}

TEST(StopSignal, ASecondOneEndsADriverWhateverItDoes) {
  EXPECT_EQ(in_child([] {
              catch_stop_signals(SecondStop::end_at_once);
              ::raise(SIGINT);
              ::raise(SIGINT);
              for (;;) ::pause();  // never looks for a signal
              return 0;
            }),
            130);
}

TEST(StopSignal, AClosedPipeIsAnErrorOfWriting) {
  EXPECT_EQ(in_child([] {
              catch_stop_signals(SecondStop::mark);
              int ends[2];
              if (::pipe(ends) != 0) return 1;
              ::close(ends[0]);
              return ::write(ends[1], "x", 1) < 0 && errno == EPIPE ? 0 : 2;
            }),
            0);
}

// A job whose log cannot be opened fails alone, with the reason.
TEST(LocalExecutor, AJobThatCannotBeStartedEndsWithTheReason) {
  LocalExecutor executor({.cores = 1, .bytes = 0});
  ListedJobs source({{1, 0}});
  run_jobs(source, executor);  // no folder at all
  EXPECT_THAT(source.log, ElementsAre("ended 0"));
  EXPECT_THAT(source.failures, ElementsAre(HasSubstr("cannot start a session process: ")));
}

}  // namespace
}  // namespace slm::run_jobs_test
