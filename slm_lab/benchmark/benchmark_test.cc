#include "slm_lab/benchmark/benchmark.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "slm_lab/base/build_info.h"
#include "slm_lab/base/error.h"
#include "slm_lab/base/file.h"
#include "slm_lab/benchmark/benchmark_folder.h"
#include "slm_lab/benchmark/benchmark_plan.h"
#include "slm_lab/benchmark/benchmark_tables.h"
#include "slm_lab/benchmark/repeat_run.h"
#include "slm_lab/experiment/session_process.h"
#include "slm_lab/store/finished_trial.h"
#include "slm_lab/store/manifest.h"
#include "slm_lab/store/session_result.h"
#include "tests/support/scratch_folder.h"

namespace slm::benchmark_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::SizeIs;

std::vector<std::string> ids(const std::vector<const BenchmarkRow*>& rows) {
  std::vector<std::string> out;
  for (const BenchmarkRow* row : rows) out.emplace_back(row->id);
  return out;
}

std::vector<std::string> selected(const std::vector<std::string>& patterns) {
  return ids(select_benchmark_rows(patterns));
}

TEST(SelectBenchmarkRows, ByIdPatternGroupAndPhase) {
  EXPECT_THAT(selected({"acrobot/sac", "cartpole/ppo"}), ElementsAre("cartpole/ppo", "acrobot/sac"));
  EXPECT_THAT(selected({"*robot/ppo", "cartpole/pp?"}), ElementsAre("cartpole/ppo", "acrobot/ppo"));
  EXPECT_THAT(selected({"cartpole"}), SizeIs(11));
  EXPECT_THAT(selected({"acrobot/*"}), SizeIs(8));
  EXPECT_THAT(selected({"phase1", "cartpole/a2c"}), SizeIs(15));
  EXPECT_THAT(selected({"extra", "pendulum"}),
              IsSupersetOf({"pendulum/ppo", "pendulum/td3", "pusher/sac", "cartpole/crossq"}));
  EXPECT_THAT(selected({"phase2"}), SizeIs(11));
  EXPECT_THAT(selected({"phase3"}), SizeIs(27));
  EXPECT_THAT(selected({"phase4"}), SizeIs(8));
  EXPECT_THAT(selected({"all"}), SizeIs(benchmark_rows().size()));
  EXPECT_THAT(selected({}), IsEmpty());
}

TEST(SelectBenchmarkRows, AnUnknownOneIsRefusedWithANearName) {
  try {
    selected({"cartpole/ppo", "cartpole/reinforced"});
    FAIL();
  } catch (const SpecError& error) {
    EXPECT_THAT(error.what(),
                HasSubstr("cartpole/reinforced: no row of the benchmark; did you mean cartpole/reinforce?"));
  }
  EXPECT_THROW(selected({"moon/*"}), SpecError);
}

TEST(BenchmarkRows, TheirSpecsSayWhatThePageSays) {
  for (const BenchmarkRow& row : benchmark_rows()) {
    SCOPED_TRACE(row.id);
    const BenchmarkEnv& env = benchmark_env(row);
    const LoadedSpec loaded = load_benchmark_spec(row, source_dir(), 5, 1234, {});
    SpecReport report(loaded.file);
    const LabSpec spec = read_lab_spec(loaded, report);
    const bool lander = env.name == "LunarLanderContinuous-v3";  // with `continuous: true`, as SLM-Lab's specs say it
    EXPECT_EQ(spec.env.name, lander ? "LunarLander-v3" : env.name);
    EXPECT_EQ(spec.meta.seed, 1234);
    EXPECT_EQ(spec.meta.max_session, 5);
    if (env.max_frame == 0) continue;
    EXPECT_EQ(spec.env.max_frame, env.max_frame);
    EXPECT_EQ(spec.meta.log_frequency, env.log_frequency);
    EXPECT_EQ(spec.env.num_envs, row.algorithm == "REINFORCE" ? 1 : env.num_envs);
  }
}

/// Runs sessions in this process, one at each wait, and can fail those that a test names.
class InlineExecutor final : public Executor {
 public:
  struct Log {
    std::vector<std::string> started;  // {spec name}/{session}
    std::set<std::string> fail;
  };
  InlineExecutor(const Resources& budget, Log& log) : budget_(budget), log_(log) {}
  Resources budget() const override { return budget_; }
  void start(const Job& job) override { waiting_.emplace_back(job.id, job.session); }
  void stop(JobId, Stop) override {}
  void answer(JobId, const Answer&) override {}

  std::vector<JobEvent> wait(int) override {
    const auto [id, job] = waiting_.front();
    waiting_.erase(waiting_.begin());
    const std::string name = DataFolder::open(job.folder).spec_name() + "/" + std::to_string(job.session);
    log_.started.push_back(name);
    std::vector<JobEvent> events;
    JobEnded ended{.job = id, .failure = {}};
    if (log_.fail.contains(name))
      ended.exit_code = static_cast<int>(ExitCode::diverged);
    else
      run_session(job, {.report =
                            [&](const SessionMessage& message) {
                              events.emplace_back(JobReported{id, message});
                            },
                        .answer = nullptr});
    events.emplace_back(ended);
    return events;
  }

 private:
  Resources budget_;
  Log& log_;
  std::vector<std::pair<JobId, SessionJob>> waiting_;
};

class Benchmark : public testing::Test {
 protected:
  Benchmark() {
    options_.repository = source_dir();
    options_.data = scratch_ / "data";
    options_.results = scratch_ / "results";
    options_.sessions = 2;
    options_.log_level = "error";
    options_.overrides = {"env.max_frame=2000", "meta.log_frequency=600"};
    options_.make_executor = [this](const Resources& budget) { return std::make_unique<InlineExecutor>(budget, log_); };
  }

  /// The sessions that ran.
  std::vector<std::string> run(const std::vector<std::string>& patterns) {
    log_.started.clear();
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    code_ = run_benchmark(select_benchmark_rows(patterns), options_);
    out_ = testing::internal::GetCapturedStdout();
    err_ = testing::internal::GetCapturedStderr();
    return log_.started;
  }

  /// As if killed after the first session: the second has a checkpoint at its end, but no result.
  void forget_the_second_session() {
    std::filesystem::remove(options_.results / "results" / "cartpole_a2c_gae_cartpole.json");
    const DataFolder folder = DataFolder::latest(options_.data, "a2c_gae_cartpole");
    const auto first = read_session_result(folder, 0, 0);
    ASSERT_TRUE(first);
    unpack_states(folder, 0, 2);
    std::filesystem::remove(folder.trial_metrics(0));
    write_session_result(folder, 0, 0, *first);
  }

  BenchmarkPlan::Kind kind(const std::string& id) {
    return plan_benchmark_row(*select_benchmark_rows(std::vector{id})[0], options_).kind;
  }
  BenchmarkResult result(const std::string& id) {
    return BenchmarkFolder(options_.results, options_.repository)
        .result(*select_benchmark_rows(std::vector{id})[0])
        .value();
  }
  std::string page() { return read_file(options_.results / "BENCHMARKS.md"); }

  ScratchFolder scratch_;
  BenchmarkOptions options_;
  InlineExecutor::Log log_;
  int code_ = -1;
  std::string out_, err_;
};

TEST_F(Benchmark, RunsLongRowsFirstAndWritesResultsPageAndPictures) {
  options_.overrides[1] = "meta.log_frequency=500";
  EXPECT_THAT(run({"cartpole/a2c", "cartpole/ppo"}),
              ElementsAre("ppo_cartpole/0", "ppo_cartpole/1", "a2c_gae_cartpole/0", "a2c_gae_cartpole/1"));
  EXPECT_EQ(code_, 0);
  const BenchmarkResult ppo = result("cartpole/ppo");
  ASSERT_THAT(ppo.sessions, SizeIs(2));
  EXPECT_EQ(ppo.sessions[1].session, 1);
  EXPECT_EQ(ppo.sessions[1].frames, 2000);
  EXPECT_EQ(ppo.sessions[0].d100.n, 100);
  EXPECT_THAT(ppo.sessions[0].weights_sha256, SizeIs(64));
  EXPECT_NE(ppo.sessions[0].weights_sha256, ppo.sessions[1].weights_sha256);
  EXPECT_EQ(ppo.seed, 1000);
  EXPECT_EQ(ppo.max_frame, 2000);
  EXPECT_THAT(ppo.overrides, SizeIs(2));
  EXPECT_THAT(page(), HasSubstr("| not comparable | PPO |"));
  EXPECT_THAT(page(), HasSubstr("![Curves of CartPole-v1](cartpole.png)"));
  EXPECT_THAT(out_, HasSubstr("cartpole/a2c  not comparable"));
  for (const char* file : {"cartpole.png", "cartpole.svg", "curves/cartpole_ppo_cartpole.csv"})
    EXPECT_TRUE(std::filesystem::exists(options_.results / file)) << file;
}

TEST_F(Benchmark, SkipsWhatIsDoneForTheSameSpecSeedAndSessions) {
  run({"cartpole/a2c"});
  EXPECT_EQ(kind("cartpole/a2c"), BenchmarkPlan::Kind::done);
  EXPECT_THAT(run({"cartpole/a2c"}), IsEmpty());
  EXPECT_EQ(code_, 0);
  EXPECT_THAT(err_, HasSubstr("cartpole/a2c: done already"));
  EXPECT_THAT(out_, HasSubstr("cartpole/a2c"));

  options_.seed = 1001;
  EXPECT_EQ(kind("cartpole/a2c"), BenchmarkPlan::Kind::start);
  options_.seed = 1000;
  options_.sessions = 3;
  EXPECT_EQ(kind("cartpole/a2c"), BenchmarkPlan::Kind::start);
  options_.sessions = 2;
  options_.overrides.push_back("agent.algorithm.gamma=0.5");
  EXPECT_EQ(kind("cartpole/a2c"), BenchmarkPlan::Kind::start);
  options_.overrides.pop_back();
  options_.again = true;
  EXPECT_EQ(kind("cartpole/a2c"), BenchmarkPlan::Kind::start);
  const std::string weights = result("cartpole/a2c").sessions[0].weights_sha256;
  EXPECT_THAT(run({"cartpole/a2c"}), SizeIs(2));
  EXPECT_EQ(result("cartpole/a2c").sessions[0].weights_sha256, weights);
}

TEST_F(Benchmark, GoesOnWithWhatWasStopped) {
  run({"cartpole/a2c"});
  const BenchmarkResult before = result("cartpole/a2c");
  forget_the_second_session();
  EXPECT_EQ(kind("cartpole/a2c"), BenchmarkPlan::Kind::resume);
  EXPECT_THAT(run({"cartpole/a2c"}), ElementsAre("a2c_gae_cartpole/1"));
  EXPECT_THAT(err_, HasSubstr("cartpole/a2c: continues"));
  EXPECT_EQ(result("cartpole/a2c").sessions[1].weights_sha256, before.sessions[1].weights_sha256);
  EXPECT_THAT(DataFolder::all(options_.data, "a2c_gae_cartpole"), SizeIs(1));
}

TEST_F(Benchmark, AgainGoesOnWithWhatItHasBegun) {
  run({"cartpole/a2c"});
  forget_the_second_session();
  options_.again = true;
  EXPECT_THAT(run({"cartpole/a2c"}), ElementsAre("a2c_gae_cartpole/1"));
  EXPECT_THAT(run({"cartpole/a2c"}), SizeIs(2)) << "and begins anew when that is done";
  EXPECT_THAT(DataFolder::all(options_.data, "a2c_gae_cartpole"), SizeIs(2));
}

TEST_F(Benchmark, OverridesReplaceNoResultWithoutThem) {
  run({"cartpole/a2c"});
  const BenchmarkRow& row = *select_benchmark_rows(std::vector<std::string>{"cartpole/a2c"})[0];
  BenchmarkResult shown = result("cartpole/a2c");
  shown.overrides.clear();
  shown.spec_hash = "of the row itself";
  BenchmarkFolder(options_.results, options_.repository).save(row, shown, {});
  options_.seed = 1001;
  EXPECT_THAT(run({"cartpole/a2c"}), SizeIs(2));
  EXPECT_THAT(result("cartpole/a2c").overrides, IsEmpty());
  EXPECT_THAT(err_, HasSubstr("cartpole/a2c: ran with --override, and a result without is there, which stays"));
}

TEST_F(Benchmark, AFailedSessionIsListedAndTriedAgainNextTime) {
  log_.fail = {"a2c_gae_cartpole/1"};
  EXPECT_THAT(run({"cartpole/a2c", "cartpole/ppo"}), SizeIs(4));
  EXPECT_EQ(code_, static_cast<int>(ExitCode::diverged));
  EXPECT_THAT(result("cartpole/a2c").sessions, SizeIs(1));
  EXPECT_THAT(page(), HasSubstr("| failed | A2C |"));
  EXPECT_THAT(page(), HasSubstr("- A2C: session 1 failed: ended with code 7\n"));
  log_.fail = {};
  EXPECT_THAT(run({"cartpole/a2c", "cartpole/ppo"}), ElementsAre("a2c_gae_cartpole/1"));
  EXPECT_EQ(code_, 0);
  EXPECT_THAT(result("cartpole/a2c").sessions, SizeIs(2));
}

TEST_F(Benchmark, ARowThatCannotRunDoesNotStopTheOthers) {
  options_.overrides.push_back("agent.algorithm.time_horizon=64");  // a key of PPO alone
  EXPECT_THAT(run({"cartpole/a2c", "cartpole/ppo"}), ElementsAre("ppo_cartpole/0", "ppo_cartpole/1"));
  EXPECT_EQ(code_, 2);
  EXPECT_THAT(err_, HasSubstr("cartpole/a2c: cannot run: "));
}

TEST_F(Benchmark, ARowWhoseResultCannotBeWrittenDoesNotStopTheOthers) {
  std::filesystem::create_directories(options_.results / "curves" / "cartpole_ppo_cartpole.csv" / "x");
  run({"cartpole/a2c", "cartpole/ppo"});
  EXPECT_NE(code_, 0);
  EXPECT_THAT(err_, HasSubstr("cartpole/ppo: "));
  EXPECT_THAT(result("cartpole/a2c").sessions, SizeIs(2));
}

// As it is after a stop on another machine, or after its folder was removed.
TEST_F(Benchmark, WhatIsUnderWayWithoutItsRunFolderBeginsAnew) {
  run({"cartpole/a2c"});
  const BenchmarkRow& row = *select_benchmark_rows(std::vector<std::string>{"cartpole/a2c"})[0];
  BenchmarkResult shown = result("cartpole/a2c");
  shown.sessions[1].weights_sha256 = "";
  BenchmarkFolder(options_.results, options_.repository).save(row, shown, {});
  EXPECT_EQ(kind("cartpole/a2c"), BenchmarkPlan::Kind::resume);
  std::filesystem::remove_all(options_.data);
  EXPECT_EQ(kind("cartpole/a2c"), BenchmarkPlan::Kind::start);
  testing::internal::CaptureStdout();
  list_benchmark(std::vector{&row}, options_);
  EXPECT_THAT(testing::internal::GetCapturedStdout(), HasSubstr("begun, in a run folder that is not here"));
  EXPECT_THAT(run({"cartpole/a2c"}), SizeIs(2));
  EXPECT_EQ(kind("cartpole/a2c"), BenchmarkPlan::Kind::done);
}

TEST_F(Benchmark, ARowIsRepeatedByItsSessionsThatAreDone) {
  const std::filesystem::path repository = scratch_ / "repository";
  std::filesystem::create_directory(repository);
  std::filesystem::create_directory_symlink(std::filesystem::path(source_dir()) / "slm_lab", repository / "slm_lab");
  const BenchmarkRow& row = *select_benchmark_rows(std::vector<std::string>{"cartpole/a2c"})[0];
  const BenchmarkFolder page(repository / "docs" / "benchmarks", repository);
  BenchmarkResult shown;
  shown.row = row.id;
  shown.spec_hash = load_benchmark_spec(row, repository, 2, 1000, {}).hash;
  shown.seed = 1000;
  shown.num_sessions = 2;
  shown.sessions.resize(2);
  shown.sessions[0].weights_sha256 = "abc";
  shown.sessions[1].session = 1;
  page.save(row, shown, {});
  EXPECT_THAT(repeatable("cartpole/a2c", scratch_ / "data", repository).weights_sha256,
              ElementsAre(std::pair(0, std::string("abc"))));
  shown.sessions.erase(shown.sessions.begin());
  page.save(row, shown, {});
  EXPECT_THROW(repeatable("cartpole/a2c", scratch_ / "data", repository), SpecError) << "nothing to compare with";
}

// The page's own sessions and seed, so that the commands that it prints give what it shows.
TEST_F(Benchmark, DefaultsToTheSessionsAndTheSeedOfThePage) {
  options_.sessions.reset();
  const BenchmarkRow& row = *select_benchmark_rows(std::vector<std::string>{"cartpole/a2c"})[0];
  const BenchmarkResult published =
      BenchmarkFolder(std::filesystem::path(source_dir()) / "docs" / "benchmarks", source_dir()).result(row).value();
  const BenchmarkPlan plan = plan_benchmark_row(row, options_);
  EXPECT_EQ(plan.spec->meta.max_session, published.num_sessions);
  EXPECT_EQ(plan.spec->meta.seed, published.seed);
}

// A campaign of weeks survives updates of the program.
TEST_F(Benchmark, WhatAnotherVersionDidIsDoneAndWhatItBeganGoesOn) {
  run({"cartpole/a2c"});
  const std::filesystem::path file = options_.results / "results" / "cartpole_a2c_gae_cartpole.json";
  std::string text = read_file(file);
  const std::string now = std::string("\"version\": \"") + version() + "\"";
  const std::size_t at = text.find(now);
  ASSERT_NE(at, text.npos) << text;
  write_file_durably(file, text.replace(at, now.size(), "\"version\": \"0.1.9\""));
  EXPECT_EQ(kind("cartpole/a2c"), BenchmarkPlan::Kind::done);
  EXPECT_THAT(run({"cartpole/a2c"}), IsEmpty());
  EXPECT_THAT(err_, HasSubstr("version 0.1.9"));
  std::filesystem::remove(file);
  const DataFolder folder = DataFolder::latest(options_.data, "a2c_gae_cartpole");
  Manifest manifest = read_manifest(folder);
  manifest.starts.back().version = "0.1.9";
  write_manifest(folder, manifest);
  EXPECT_EQ(kind("cartpole/a2c"), BenchmarkPlan::Kind::resume);
}

TEST_F(Benchmark, TellsHowFarItIsWithoutRunningAnything) {
  run({"cartpole/a2c"});
  forget_the_second_session();
  testing::internal::CaptureStdout();
  print_benchmark_status(select_benchmark_rows(std::vector<std::string>{"cartpole/a2c", "cartpole/ppo"}), options_);
  const std::string table = testing::internal::GetCapturedStdout();
  EXPECT_THAT(table, testing::ContainsRegex(R"(cartpole/a2c +stopped +1 of 2 .*\(100 %\))"));
  EXPECT_THAT(table, testing::ContainsRegex(R"(cartpole/ppo +waiting +0 of 2 +0 of .*\(0 %\))"));
}

TEST(BenchmarkFolder, ThePageIsBesideTheRepositorysFolderAndInsideAnother) {
  EXPECT_EQ(BenchmarkFolder("/r/docs/benchmarks/", "/r").page(), "/r/docs/BENCHMARKS.md");
  EXPECT_EQ(BenchmarkFolder("/x/results", "/r").page(), "/x/results/BENCHMARKS.md");
}

}  // namespace
}  // namespace slm::benchmark_test
