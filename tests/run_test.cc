// Around a run: what its folder is called, how it is played, what its standard streams may be, how failures are named.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <new>
#include <stdexcept>
#include <system_error>

#include "slm_lab/base/build_info.h"
#include "slm_lab/base/memory_limit.h"
#include "slm_lab/base/profile.h"
#include "slm_lab/base/shell_quote.h"
#include "slm_lab/cli/failure.h"
#include "tests/support/process.h"
#include "tests/support/run_folder.h"
#include "tests/support/scratch_folder.h"

namespace slm {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

std::vector<std::string> train(const fs::path& data, const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments = {
      "run",          (fs::path(source_dir()) / "slm_lab/spec/benchmark/ppo/ppo_cartpole.json"),
      "ppo_cartpole", "train",
      "--override",   "env.max_frame=3000",
      "--override",   "meta.log_frequency=500",
      "--sessions",   "2",
      "--data",       data.string()};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return slm_lab(arguments);
}

/// The same for a shell, with what it does to the streams.
std::vector<std::string> in_shell(const std::vector<std::string>& arguments, const std::string& streams) {
  std::string command;
  for (const std::string& argument : arguments) command += shell_quote(argument) + " ";
  return {"bash", "-c", command + streams};
}

bool is_done(const fs::path& run) {
  return fs::exists(run / "info/ppo_cartpole_t0_trial_metrics.json") &&
         nlohmann::json::parse(read_file(run / "manifest.json")).at("exit_code") == 0;
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

TEST(NamedRun, IsPlayedContinuedAndFoundUnderAnyName) {
  const ScratchFolder scratch;
  const fs::path data = scratch / "data";
  const ProcessResult trained =
      run_program(train(data, {"--name", "first"}), {.environment = {"SLM_LAB_LAUNCHER=./slm-lab"}, .folder = {}});
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  ASSERT_TRUE(is_done(data / "first"));
  EXPECT_THAT(trained.out, HasSubstr(fmt::format("play it: ./slm-lab enjoy {}\n", (data / "first").string())));
  EXPECT_EQ(run_program(train(data, {"--name", "first"})).exit_code, 2) << "never into an old run";

  const auto play = [](const std::vector<std::string>& words) {
    std::vector<std::string> arguments = {"enjoy"};
    arguments.insert(arguments.end(), words.begin(), words.end());
    return run_program(slm_lab(arguments));
  };
  const fs::path run = scratch / "data" / "best so far";
  fs::rename(data / "first", run);
  const ProcessResult best = play({run.string(), "--episodes", "2"});
  ASSERT_EQ(best.exit_code, 0) << best.err;
  EXPECT_THAT(best.out, HasSubstr("best weights of session"));
  EXPECT_EQ(play({"latest", "--data", data.string(), "--episodes", "2"}).out, best.out);
  // SLM-Lab's name of a session's spec file, which need not be there.
  EXPECT_THAT(play({(run / "ppo_cartpole_t0_s1_spec.json").string()}).out, HasSubstr("weights of session 1"));
  EXPECT_THAT(play({run.string(), "--session", "0", "--last"}).out, HasSubstr("last weights of session 0"));
  const ProcessResult none = play({run.string(), "--session", "2"});
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_THAT(none.err, HasSubstr("has the sessions 0 to 1"));

  std::vector<std::string> latest = train(data, {"--episodes", "2"});
  latest[4] = "enjoy@latest";
  EXPECT_EQ(run_program(latest).out, best.out);
}

/// The highest total_reward_ma of a session's table: what its best weights are known by.
double best_score(const fs::path& run, int session) {
  const auto rows = csv_cells(read_file(run / fmt::format("info/ppo_cartpole_t0_s{}_session_df_train.csv", session)));
  const auto column = std::find(rows[0].begin(), rows[0].end(), "total_reward_ma") - rows[0].begin();
  double best = -1e9;
  for (std::size_t row = 1; row < rows.size(); ++row)
    best = std::max(best, std::strtod(rows[row][static_cast<std::size_t>(column)].c_str(), nullptr));
  return best;
}

nlohmann::json manifest_of(const fs::path& run) { return nlohmann::json::parse(read_file(run / "manifest.json")); }

nlohmann::json results_in(const fs::path& run) {
  return nlohmann::json::parse(read_file(run / "info/ppo_cartpole_t0_trial_metrics.json"));
}

TEST(Profile, IsInTheManifestAndInATableForWhoAsks) {
  const ScratchFolder scratch;
  const ProcessResult plain = run_program(train(scratch / "data", {"--name", "run"}));
  ASSERT_EQ(plain.exit_code, 0) << plain.err;
  EXPECT_THAT(plain.out, testing::Not(HasSubstr("optimiser")));
  const fs::path run = scratch / "data/run";
  const nlohmann::json first = manifest_of(run).at("profile");
  ASSERT_EQ(first.size(), 2u);
  for (int session : {0, 1}) {
    EXPECT_EQ(first[session].at("session"), session);
    EXPECT_EQ(first[session].at("frames"), 3000);
    ASSERT_EQ(first[session].at("seconds").size(), kPhaseNames.size());
    for (const char* phase :
         {"act", "env", "store", "draw", "forward", "loss", "backward", "optimiser", "log", "checkpoint", "other"})
      EXPECT_GT(first[session].at("seconds").at(phase), 0) << phase;
  }
  EXPECT_EQ(results_in(run).at("sessions").at("1").at("profile").size(), kPhaseNames.size());

  std::vector<std::string> longer = train(scratch / "data", {"--profile"});
  longer[4] = "train@" + run.string();
  longer[6] = "env.max_frame=6000";
  const ProcessResult profiled = run_program(longer);
  ASSERT_EQ(profiled.exit_code, 0) << profiled.err;
  EXPECT_THAT(profiled.out, testing::ContainsRegex("phase +s0 .s. +s1 .s."));
  for (const std::string_view phase : kPhaseNames)
    EXPECT_THAT(profiled.out, testing::ContainsRegex(fmt::format("\n{} +[0-9.]+% +[0-9.]+ ", phase)));
  EXPECT_THAT(profiled.out, testing::ContainsRegex("\ntotal .*100.0%.*100.0%.*\nframes/s "));
  const nlohmann::json second = manifest_of(run).at("profile");
  ASSERT_EQ(second.size(), 2u);
  for (int session : {0, 1}) EXPECT_EQ(second[session].at("frames"), 6000);

  // A session that was done before is known from its result.
  const ProcessResult again = run_program(longer);
  ASSERT_EQ(again.exit_code, 0) << again.err;
  EXPECT_THAT(again.out, testing::ContainsRegex("phase +s0 .s. +s1 .s."));
  for (const std::string session : {"0", "1"})
    EXPECT_EQ(manifest_of(run).at("profile")[std::stoul(session)].at("seconds"),
              results_in(run).at("sessions").at(session).at("profile"));
}

TEST(Profile, OfWhatDoesNotTrainOneSpecIsRefused) {
  const ScratchFolder scratch;
  for (const char* mode : {"search", "enjoy@latest"}) {
    std::vector<std::string> arguments = train(scratch / "data", {"--profile"});
    arguments[4] = mode;
    const ProcessResult refused = run_program(arguments);
    EXPECT_EQ(refused.exit_code, 2);
    EXPECT_THAT(refused.err, HasSubstr("--profile: of train and dev, not of "));
  }
}

TEST(Enjoy, ChoosesTheSessionByTheScoreOfTheWeightsThatItPlays) {
  const ScratchFolder scratch;
  ASSERT_EQ(run_program(train(scratch / "data", {"--name", "r"})).exit_code, 0);
  const fs::path run = scratch / "data" / "r";
  const double scores[] = {best_score(run, 0), best_score(run, 1)};
  ASSERT_NE(scores[0], scores[1]);
  const int better = scores[1] > scores[0] ? 1 : 0;
  EXPECT_THAT(first_line(run_program(slm_lab({"enjoy", run.string(), "--episodes", "1"})).out),
              HasSubstr(fmt::format("best weights of session {} (total_reward_ma {:.2f})", better, scores[better])));
}

TEST(Streams, APipeThatNobodyReadsEndsNothing) {
  const ScratchFolder scratch;
  run_program(in_shell(train(scratch / "data", {"--name", "r"}), "2>&1 | true"));
  EXPECT_TRUE(is_done(scratch / "data" / "r"));
}

TEST(Streams, ThatAreClosedGoNowhereElse) {
  const ScratchFolder scratch;
  const ProcessResult result = run_program(in_shell(train(scratch / "data", {"--name", "r"}), "<&- >&- 2>&-"));
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_TRUE(is_done(scratch / "data" / "r"));
  const std::string lock = read_file(scratch / "data" / "r" / "run.lock");
  EXPECT_EQ(lock.find_first_not_of("0123456789"), lock.size() - 1) << lock;
}

TEST(Threads, MoreThanAnyMachineHasAreRefused) {
  const ScratchFolder scratch;
  const ProcessResult result = run_program(train(scratch / "data", {"--threads", "100000"}));
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("--threads"));
  EXPECT_FALSE(fs::exists(scratch / "data"));
}

// A session may need more than half of the memory: then they run one after the other, and the run is not refused. These
// would take long; they diverge at once.
TEST(Sessions, AreAsManyAtOnceAsThereIsMemoryFor) {
  const ScratchFolder scratch;
  constexpr double kBytesOfALogPoint = 400;  // as session_memory.cc weighs them
  const auto frames = static_cast<std::int64_t>(0.6 * static_cast<double>(memory_limit()) / kBytesOfALogPoint);
  const ProcessResult result = run_program(train(
      scratch / "data",
      {"--threads", "2", "--override", "meta.log_frequency=1", "--override", fmt::format("env.max_frame={}", frames),
       "--override", R"(agent.net.lr_scheduler_spec={"name": "StepLR", "step_size": 1, "gamma": 1e33})"}));
  EXPECT_EQ(result.exit_code, static_cast<int>(ExitCode::diverged)) << result.err;
  EXPECT_THAT(result.err, HasSubstr("note: 1 of 2 sessions at once: each may take "));
}

template <class Exception>
Failure failure_of(const Exception& exception) {
  try {
    throw exception;
  } catch (...) {
    return current_failure();
  }
}

// A session passes the text on: whatever it was, the user must learn of it.
TEST(Failure, EveryExceptionHasATextAndACode) {
  EXPECT_EQ(failure_of(Error(ExitCode::diverged, "loss is nan")).code, ExitCode::diverged);
  EXPECT_EQ(failure_of(Error(ExitCode::diverged, "loss is nan")).text, "loss is nan");
  EXPECT_EQ(failure_of(std::bad_alloc()).code, ExitCode::missing);
  EXPECT_EQ(failure_of(std::system_error(std::make_error_code(std::errc::io_error))).code, ExitCode::io);
  EXPECT_EQ(failure_of(std::out_of_range("index 7")).text, "a defect of slm-lab, please report it: index 7");
  EXPECT_EQ(failure_of(42).code, ExitCode::defect);
}

}  // namespace
}  // namespace slm
