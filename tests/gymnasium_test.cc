// Training in environments of Gymnasium in Python: the same run as in ours, bit for bit, whatever happens to it; and
// what is said when something does. Needs setup/python.sh.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "slm_lab/base/build_info.h"
#include "tests/support/checkpoints.h"
#include "tests/support/gymnasium_python.h"
#include "tests/support/process.h"
#include "tests/support/run_folder.h"
#include "tests/support/scratch_folder.h"

namespace slm {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
namespace fs = std::filesystem;
using Words = std::vector<std::string>;

/// The processes that `parent` has started.
std::vector<pid_t> children_of(pid_t parent) {
  std::ifstream file(fmt::format("/proc/{0}/task/{0}/children", parent));
  std::vector<pid_t> children;
  for (pid_t child = 0; file >> child;) children.push_back(child);
  return children;
}

bool is_python(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/cmdline", pid));
  std::string words;
  std::getline(file, words);
  return words.find("bridge to Gymnasium") != std::string::npos;
}

/// The workers below a run: children of its sessions.
std::vector<pid_t> workers_below(pid_t run) {
  std::vector<pid_t> found;
  for (const pid_t session : children_of(run))
    for (const pid_t child : children_of(session))
      if (is_python(child)) found.push_back(child);
  return found;
}

class GymnasiumRun : public testing::Test {
 protected:
  void SetUp() override {
    if (gymnasium_python().empty()) GTEST_SKIP() << kNoGymnasium;
  }

  Words command(const std::string& mode, const std::string& env, const Words& more = {}) const {
    Words words = {"run", source_dir() + "/slm_lab/spec/benchmark/ppo/ppo_cartpole.json", "ppo_cartpole", mode};
    for (const std::string& change :
         {"env.name=" + env, std::string("meta.max_session=1"), std::string("meta.log_frequency=1000"),
          std::string("agent.algorithm.training_epoch=2")})
      words.insert(words.end(), {"--override", change});
    words.insert(words.end(), {"--threads", "1", "--data", (scratch_ / "data").string()});
    words.insert(words.end(), more.begin(), more.end());
    return slm_lab(words);
  }
  Words command(const std::string& mode, const std::string& env, std::int64_t frames, const Words& more = {}) const {
    Words all = {"--override", fmt::format("env.max_frame={}", frames)};
    all.insert(all.end(), more.begin(), more.end());
    return command(mode, env, all);
  }

  ProcessOptions options_{.environment = {"SLM_PYTHON=" + gymnasium_python()}, .folder = source_dir()};
  ScratchFolder scratch_;
};

std::string weights_hash(const fs::path& run) {
  for (const std::string& file : files_below(run))
    if (file.ends_with("_trial_metrics.json"))
      return nlohmann::json::parse(read_file(run / file))["sessions"].begin().value()["weights_sha256"];
  return "";
}

TEST_F(GymnasiumRun, IsTheSameAsInOurOwnCartPole) {
  const auto train = [&](const std::string& env, const Words& more = {}) {
    const ProcessResult result = run_program(command("train", env, 6000, more), options_);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    const fs::path run = only_run(scratch_ / "data");
    std::string facts = weights_hash(run);
    for (const std::string& file : files_below(run))
      if (file.ends_with(".csv")) facts += csv_without_clock(read_file(run / file));
    fs::remove_all(scratch_ / "data");
    return facts;
  };
  const std::string ours = train("CartPole-v1");
  EXPECT_GT(ours.size(), 500u);
  EXPECT_EQ(train("gymnasium:CartPole-v1"), ours);
  EXPECT_EQ(train("gymnasium:CartPole-v1", {"--override", "env.processes=3"}), ours);
  EXPECT_NE(train("CartPole-v1", {"--seed", "1"}), ours) << "and the comparison sees a difference";
}

// First one of the workers is killed, then, in what goes on from there, all of the program but its workers.
TEST_F(GymnasiumRun, NamesAWorkerThatDiesLosesNothingAndLeavesNoOrphan) {
  const std::string env = "gymnasium:CartPole-v1";
  const fs::path data = scratch_ / "data";
  const Words often = {"--checkpoint-seconds", "0"};
  ASSERT_EQ(run_program(command("train", env, 16000), options_).exit_code, 0);
  const auto expected = results_of(only_run(data));
  fs::remove_all(data);

  Process first(command("train", env, 16000, often), options_);
  ASSERT_TRUE(await_checkpoint(first, data, 1));
  std::vector<pid_t> workers = workers_below(first.pid());
  ASSERT_FALSE(workers.empty());
  kill(workers[0], SIGKILL);
  const ProcessResult failed = first.wait();
  EXPECT_EQ(failed.exit_code, 4) << failed.err;
  EXPECT_THAT(failed.err, AllOf(HasSubstr("gymnasium:CartPole-v1, environment"), HasSubstr("signal 9 (Killed)"),
                                HasSubstr("Go on with: ")));

  Process second(command("train@latest", env, 16000, often), options_);
  ASSERT_TRUE(await_checkpoint(second, data, 4));
  workers = workers_below(second.pid());
  EXPECT_FALSE(workers.empty());
  second.send(SIGKILL);
  second.wait();

  const ProcessResult last = run_program(command("train@latest", env, 16000), options_);
  EXPECT_EQ(last.exit_code, 0) << last.err;
  EXPECT_THAT(last.err, AllOf(HasSubstr("continues from frame"), Not(HasSubstr("isn't the same twice"))));
  EXPECT_THAT(differing(expected, results_of(only_run(data))), IsEmpty());
  for (const pid_t worker : workers) EXPECT_FALSE(is_python(worker)) << "an orphan";
}

TEST_F(GymnasiumRun, TrainsTheExampleOfTheDocumentation) {
  options_.folder = scratch_.path();
  const ProcessResult result = run_program(slm_lab({"run", source_dir() + "/docs/examples/corridor.json", "corridor",
                                                    "train", "--data", (scratch_ / "data").string()}),
                                           options_);
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const fs::path run = only_run(scratch_ / "data");
  for (const std::string& file : files_below(run)) {
    if (!file.ends_with("_trial_metrics.json")) continue;
    // From a cell of the left half, 6 to 11 steps away: 1 for the last and -0.1 for the others.
    const double mean = nlohmann::json::parse(read_file(run / file))["scalar"]["eval_return_d100"];
    EXPECT_GT(mean, 0.2);
    EXPECT_LT(mean, 0.36);
  }
  const ProcessResult played =
      run_program(slm_lab({"rollout", "gymnasium:Corridor-v0", "--policy", run.string(), "--episodes", "3"}), options_);
  EXPECT_EQ(played.exit_code, 0) << played.err;
  std::ifstream page(source_dir() + "/docs/own_environment.md");
  const std::string text(std::istreambuf_iterator<char>(page), {});
  EXPECT_THAT(text, HasSubstr("```python\n" + read_file(source_dir() + "/docs/examples/corridor.py") + "```"));
}

TEST_F(GymnasiumRun, RollsOutAsJsonWhereNumbersAreNone) {
  const auto rollout = [&](const std::string& at_step, const Words& more) {
    Words words = {"rollout", "gymnasium:Odd-v0",         "--kwarg", "module=" + odd_module(),
                   "--kwarg", "kwargs.at_step=" + at_step};
    words.insert(words.end(), more.begin(), more.end());
    return run_program(slm_lab(words), options_).out;
  };
  const auto third_step = [&](const std::string& at_step) {
    std::istringstream lines(rollout(at_step, {"--policy", "random", "--steps", "3"}));
    nlohmann::json last;
    for (std::string line; std::getline(lines, line);) last = nlohmann::json::parse(line);
    return last;
  };
  EXPECT_TRUE(third_step("bad reward").at("reward").is_null());
  EXPECT_TRUE(third_step("bad observation").at("obs").at(0).is_null());
  EXPECT_TRUE(nlohmann::json::parse(rollout("bad reward", {"--episodes", "1"})).at("mean_return").is_null());
}

TEST_F(GymnasiumRun, RefusesBeforeAnythingIsWritten) {
  const auto refused = [&](const std::string& env, const Words& more, int code, const char* text) {
    const ProcessResult result = run_program(command("train", env, more), options_);
    EXPECT_EQ(result.exit_code, code) << result.err;
    EXPECT_THAT(result.err, HasSubstr(text));
    EXPECT_FALSE(fs::exists(scratch_ / "data"));
  };
  refused("gymnasium:CartPoel-v1", {}, 2, "did you mean gymnasium:CartPole-v1?");
  refused("gymnasium:CartPole-v1", {"--override", "env.module=nowhere"}, 2, "No module named 'nowhere'");
  options_.environment = {"SLM_PYTHON=/nowhere/python"};
  refused("gymnasium:CartPole-v1", {}, 3, "cannot start /nowhere/python");
}

}  // namespace
}  // namespace slm
