#include "slm_lab/report/benchmark_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "slm_lab/base/error.h"
#include "slm_lab/report/benchmark_curves.h"

namespace slm::benchmark_page_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

BenchmarkResult result_of(std::initializer_list<double> ma) {
  BenchmarkResult result;
  result.row = "cartpole/ppo";
  result.spec_file = "ppo_cartpole.json";
  result.spec_name = "ppo_cartpole";
  result.spec_hash = "abc";
  result.version = "0.1.0";
  result.git_revision = "0123456789abcdef";
  result.cpu = "a CPU";
  result.cores = 2;
  result.kernel = "x86-64-v3";
  result.seed = 1000;
  result.num_sessions = static_cast<int>(ma.size());
  result.max_frame = 200'000;
  result.wall_seconds = 30;
  result.date = "2026-01-02 03:04:05";
  for (const double value : ma) {
    const int index = static_cast<int>(result.sessions.size());
    result.sessions.push_back({.session = index,
                               .total_reward_ma = value,
                               .ma100 = value + 1,
                               .d100 = {value + 2, 0.5, 100},
                               .frames = 200'000,
                               .seconds = 10.0 + 10 * index,
                               .weights_sha256 = "f00"});
  }
  return result;
}

BenchmarkPageEnv env_with(std::optional<BenchmarkResult> result) {
  BenchmarkPageEnv env;
  env.name = "CartPole-v1";
  env.facts = {"Box(4)", "Discrete(2)"};
  env.target = 400;
  env.picture = "benchmarks/cartpole.png";
  env.rows.resize(1);
  env.rows[0].id = "cartpole/ppo";
  env.rows[0].algorithm = "PPO";
  env.rows[0].spec_file = "ppo_cartpole.json";
  env.rows[0].spec_name = "ppo_cartpole";
  env.rows[0].published = 499.7;
  env.rows[0].result = std::move(result);
  return env;
}

std::string page_of(const BenchmarkPageEnv& env) { return benchmark_page({&env, 1}, "benchmarks/results"); }

std::string status_of(const BenchmarkPageEnv& env) { return status_text(env, env.rows[0]); }

TEST(BenchmarkStatus, IsDecidedByTheMeanOverSeeds) {
  EXPECT_EQ(status_of(env_with({})), "not run");
  EXPECT_EQ(status_of(env_with(result_of({300, 500}))), "below");  // 400 is not above 400
  EXPECT_EQ(status_of(env_with(result_of({301, 501}))), "pass");
  EXPECT_EQ(status_of(env_with(result_of({450, 480, 500, 480, 450}))), "pass, robust");
  EXPECT_EQ(status_of(env_with(result_of({500}))), "pass");  // one seed has no interval
}

TEST(BenchmarkStatus, ASessionThatFailedFailsTheRow) {
  BenchmarkResult result = result_of({500, 500});
  result.num_sessions = 3;
  result.failures = {{2, "the loss is\nNaN"}};
  const BenchmarkPageEnv env = env_with(result);
  EXPECT_EQ(status_of(env), "failed");
  EXPECT_THAT(page_of(env), HasSubstr("- PPO: session 2 failed: the loss is NaN\n"));
  EXPECT_THAT(page_of(env), HasSubstr("| 2/3 |"));
  EXPECT_THAT(page_of(env), HasSubstr("1 of 1 rows have run, 0 pass; 0 of 0 are above"));
}

TEST(BenchmarkStatus, AnOverriddenSpecDoesNotCompare) {
  BenchmarkResult result = result_of({500, 500});
  result.overrides = {"env.max_frame=3000"};
  EXPECT_EQ(status_of(env_with(result)), "not comparable");
  EXPECT_THAT(page_of(env_with(result)), HasSubstr("- PPO: ran with env.max_frame=3000; it does not compare\n"));
}

TEST(BenchmarkStatus, ARowWhoseSessionsAreNotDoneIsUnderWay) {
  BenchmarkResult result = result_of({500, 450});
  EXPECT_FALSE(result.under_way());
  result.num_sessions = 3;
  EXPECT_TRUE(result.under_way()) << "one has not begun";
  result.failures = {{2, "lost"}};
  EXPECT_FALSE(result.under_way()) << "it failed";
  EXPECT_FALSE(result.finished());
  result.failures = {};
  result.sessions[1].frames = 100'000;
  result.sessions[1].weights_sha256 = "";
  result.sessions[1].ma100 = Scalars::kNone;
  result.sessions[1].d100 = {};
  BenchmarkPageEnv env = env_with(result);
  EXPECT_EQ(status_of(env), "under way");
  EXPECT_THAT(page_of(env), HasSubstr("| under way | PPO | 475.00 ("));
  EXPECT_THAT(page_of(env), HasSubstr("| 2/3 | 150k of 200k |"));
  EXPECT_THAT(page_of(env),
              HasSubstr("- PPO: under way: session 0 done, session 1 at 100k frames, no log point of another\n"));
  EXPECT_THAT(page_of(env), HasSubstr("0 of 1 rows have run, 0 pass; 1 more under way; 0 of 0 are above"));
  env.rows[0].result->num_sessions = 2;
  EXPECT_THAT(page_of(env), HasSubstr("- PPO: under way: session 0 done, session 1 at 100k frames\n"));
  env.rows[0].result->failures = {{1, "lost"}};
  EXPECT_EQ(status_of(env), "failed");
}

TEST(BenchmarkStatus, AStoppedRowReplacesWhatSaysLess) {
  BenchmarkResult stopped = result_of({100});
  stopped.num_sessions = 2;
  stopped.sessions[0].frames = 1000;
  EXPECT_TRUE(replaces(stopped, {}));
  BenchmarkResult shown = stopped;
  EXPECT_FALSE(replaces(stopped, shown)) << "nothing was added to it";
  shown.sessions[0].weights_sha256 = "";
  EXPECT_TRUE(replaces(stopped, shown)) << "a session is done now";
  shown.sessions[0].frames = 999;
  EXPECT_TRUE(replaces(stopped, shown));
  shown.sessions[0].frames = 1001;
  EXPECT_FALSE(replaces(stopped, shown)) << "another machine came further";
  shown.failures = {{1, "lost"}};
  EXPECT_TRUE(replaces(stopped, shown)) << "it failed, and was begun again";
  BenchmarkResult finished = result_of({300});
  finished.spec_hash = "of another spec";
  EXPECT_FALSE(replaces(stopped, finished));
  finished.overrides = {"env.max_frame=300000"};
  EXPECT_TRUE(replaces(stopped, finished)) << "it was a try";
  stopped.overrides = {"env.max_frame=3000"};
  EXPECT_FALSE(replaces(stopped, shown)) << "a try";
  EXPECT_FALSE(replaces(stopped, finished));
  BenchmarkResult tried = result_of({300});
  EXPECT_TRUE(replaces(tried, result_of({200}))) << "a newer result";
  tried.overrides = stopped.overrides;
  EXPECT_FALSE(replaces(tried, result_of({200}))) << "but of another spec";
  stopped = shown;
  stopped.failures.clear();
  stopped.sessions.clear();
  EXPECT_FALSE(replaces(stopped, {})) << "nothing has begun";
}

TEST(BenchmarkStatus, MayBeDecidedByD100) {
  BenchmarkPageEnv env = env_with(result_of({399, 399}));  // D-100: 401
  EXPECT_EQ(status_of(env), "below");
  env.by_d100 = true;
  EXPECT_EQ(status_of(env), "pass");
}

TEST(BenchmarkStatus, IsRobustByTheIntervalOfEnoughSeeds) {
  EXPECT_EQ(status_of(env_with(result_of({480, 480, 480, 480, 480}))), "pass, robust");
  EXPECT_EQ(status_of(env_with(result_of({480, 480, 480, 480}))), "pass") << "of fewer it says little";
}

TEST(BenchmarkPage, ShowsMeansIntervalsMediansAndOrigin) {
  // Equal values: every resample has the same mean. Medians of 10 s, 20 s, 30 s, 40 s and of 20k, 10k, 6.67k, 5k per s.
  const std::string page = page_of(env_with(result_of({480, 480, 480, 480})));
  EXPECT_THAT(page, HasSubstr("| pass | PPO | 480.00 (480.00 .. 480.00) | 481.00 (481.00 .. 481.00) | "
                              "482.00 (482.00 .. 482.00) | 480.00 | > 400 | 499.7 | 4/4 | 200k | 8.33k | 25.0 s | "
                              "`ppo_cartpole.json` | `ppo_cartpole` | `cartpole/ppo` |\n"));
  EXPECT_THAT(page, HasSubstr("## CartPole-v1\n\nBox(4). Discrete(2).\n"));
  EXPECT_THAT(page, HasSubstr("![Curves of CartPole-v1](benchmarks/cartpole.png)"));
  EXPECT_THAT(page,
              HasSubstr("a CPU, 2 cores, net kernel x86-64-v3; slm-lab 0.1.0 (0123456789ab); seed 1000, 4 sessions "
                        "per row: all rows"));
  EXPECT_THAT(page, HasSubstr("1 of 1 rows have run, 1 pass; 0 of 1 are above the figure"));
}

TEST(BenchmarkPage, ARowOfATemplateSaysWithWhat) {
  BenchmarkPageEnv env = env_with({});
  env.rows[0].set = "env=CartPole-v1";
  EXPECT_THAT(page_of(env), HasSubstr("| `ppo_cartpole` `-s env=CartPole-v1` | `cartpole/ppo` |\n"));
}

TEST(BenchmarkPage, InterquartileMeanFromFourSeedsOn) {
  EXPECT_THAT(page_of(env_with(result_of({0, 480, 490, 500}))), HasSubstr("| 485.00 | > 400 |"));
  EXPECT_THAT(page_of(env_with(result_of({480, 490, 500}))), HasSubstr("| - | > 400 |"));
}

TEST(BenchmarkPage, SaysWhatHasNotRunAndWhatIsOld) {
  EXPECT_THAT(page_of(env_with({})), HasSubstr("| not run | PPO | - | - | - | - | > 400 | 499.7 | - | - | - |"));
  EXPECT_THAT(page_of(env_with({})), HasSubstr("Nothing has run yet."));
  BenchmarkPageEnv env = env_with(result_of({480, 490}));
  EXPECT_THAT(page_of(env), Not(HasSubstr("has changed")));
  env.rows[0].spec_changed = true;
  EXPECT_THAT(page_of(env), HasSubstr("- PPO: the spec file has changed since this result; run the row again\n"));
}

TEST(BenchmarkTable, HasARowPerRow) {
  const BenchmarkPageEnv env = env_with(result_of({300, 300}));
  const std::string table = benchmark_table({&env, 1});
  EXPECT_THAT(table, HasSubstr("cartpole/ppo   below  300.00  300.00 .. 300.00"));
  EXPECT_THAT(table, HasSubstr("0/2"));
}

TEST(BenchmarkResultFile, KeepsEverything) {
  BenchmarkResult result = result_of({480, Scalars::kNone});
  result.overrides = {"env.max_frame=3000"};
  result.failures = {{2, "lost"}};
  const std::string text = benchmark_result_json(result);
  const BenchmarkResult again = parse_benchmark_result(text, "x.json");
  EXPECT_EQ(benchmark_result_json(again), text);
  EXPECT_EQ(again.sessions.at(0).d100.mean, 482);
  EXPECT_EQ(again.seed, 1000);
  EXPECT_TRUE(std::isnan(again.sessions.at(1).total_reward_ma));
}

TEST(BenchmarkResultFile, ThatOfAnEarlierProgramHasNoMaxFrame) {
  std::string text = benchmark_result_json(result_of({480}));
  const std::string line = "  \"max_frame\": 200000,\n";
  const std::size_t at = text.find(line);
  ASSERT_NE(at, text.npos) << text;
  const BenchmarkResult earlier = parse_benchmark_result(text.erase(at, line.size()), "x.json");
  EXPECT_TRUE(earlier.finished());
  EXPECT_EQ(earlier.sessions.at(0).frames, 200'000);
}

TEST(BenchmarkResultFile, DamageIsNamed) {
  try {
    parse_benchmark_result("{\"row\": 3}", "x.json");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::corrupt);
    EXPECT_THAT(error.what(), HasSubstr("x.json: not a benchmark result"));
  }
}

TEST(BenchmarkCurves, AreThinnedFromTheEndAndReadBack) {
  SessionMetrics session;
  for (int i = 1; i <= 5; ++i) {
    session.frames.push_back(500 * i);
    session.mean_returns_ma.push_back(i == 1 ? Scalars::kNone : i + 0.5);
  }
  EXPECT_EQ(benchmark_curves_csv({&session, 1}, 5), "frame,s0\n500,\n1000,2.5\n1500,3.5\n2000,4.5\n2500,5.5\n");
  SessionMetrics third = session;
  third.session = 2;  // another has failed
  const std::string thin = benchmark_curves_csv(std::vector{session, third}, 3);
  EXPECT_EQ(thin, "frame,s0,s2\n500,,\n1500,3.5,3.5\n2500,5.5,5.5\n");
  EXPECT_EQ(benchmark_curves_csv({&session, 1}, 2), "frame,s0\n1000,2.5\n2500,5.5\n");
  SessionMetrics behind = session;
  behind.frames.resize(2);
  behind.mean_returns_ma.resize(2);
  const std::string ragged = benchmark_curves_csv(std::vector{behind, third}, 5);
  EXPECT_EQ(ragged, "frame,s0,s2\n500,,\n1000,2.5,2.5\n1500,,3.5\n2000,,4.5\n2500,,5.5\n");
  EXPECT_THAT(parse_benchmark_curves(ragged, "x.csv")[0].frames, ElementsAre(500, 1000)) << "as far as it came";
  const std::vector<SessionMetrics> again = parse_benchmark_curves(thin, "x.csv");
  ASSERT_EQ(again.size(), 2u);
  EXPECT_EQ(again[1].session, 2);
  EXPECT_THAT(again[1].frames, ElementsAre(500, 1500, 2500));
  EXPECT_EQ(again[1].mean_returns_ma[2], 5.5);
  EXPECT_TRUE(std::isnan(again[1].mean_returns_ma[0]));
  EXPECT_THROW(parse_benchmark_curves("frame,s0\n500\n", "x.csv"), Error);
  EXPECT_THROW(parse_benchmark_curves("frame,s0\n500,a\n", "x.csv"), Error);
  EXPECT_THROW(parse_benchmark_curves("frame,best\n500,1\n", "x.csv"), Error);
  EXPECT_THROW(parse_benchmark_curves("", "x.csv"), Error);
  EXPECT_THAT(parse_benchmark_curves(benchmark_curves_csv({}), "x.csv"), IsEmpty());
}

}  // namespace
}  // namespace slm::benchmark_page_test
