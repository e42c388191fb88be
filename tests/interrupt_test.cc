// A run that is told to stop ends after a checkpoint and says how to go on; one that finds its newest checkpoint
// damaged goes on from the one before.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <sstream>

#include "tests/support/checkpoints.h"
#include "tests/support/process.h"
#include "tests/support/run_folder.h"
#include "tests/support/scratch_folder.h"
#include "tests/support/short_run.h"

namespace slm {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
namespace fs = std::filesystem;

const ShortRun kLongPpo{"ppo/ppo_cartpole.json", "ppo_cartpole", 40000, {"agent.algorithm.training_epoch=2"}};

/// What the program says to go on with, as arguments.
std::vector<std::string> command_to_go_on(const std::string& text) {
  const std::string marker = "Go on with: ";
  const std::size_t at = text.find(marker);
  if (at == std::string::npos) return {};
  std::istringstream words(text.substr(at + marker.size(), text.find('\n', at) - at - marker.size()));
  std::vector<std::string> arguments;
  for (std::string word; words >> word;) arguments.push_back(word);
  arguments[0] = SLM_LAB_PROGRAM;
  return arguments;
}

/// Interrupts a long run after its third checkpoint, as Ctrl-C does.
ProcessResult interrupted(const ShortRun& run, const fs::path& data, int signal = SIGINT) {
  Process process(run.command(data, "train", {"--checkpoint-seconds", "0"}));
  EXPECT_TRUE(await_checkpoint(process, data, 3));
  process.send_to_group(signal);
  return process.wait();
}

TEST(Interrupt, EndsAfterACheckpointAndSaysHowToGoOn) {
  const ScratchFolder scratch;
  const ProcessResult stopped = interrupted(kLongPpo, scratch / "data");
  EXPECT_EQ(stopped.exit_code, 130) << stopped.err;
  const std::vector<std::string> command = command_to_go_on(stopped.err);
  ASSERT_FALSE(command.empty()) << stopped.err;
  const ProcessResult resumed = run_program(command);
  ASSERT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_THAT(resumed.err, HasSubstr("continues from frame "));
  EXPECT_THAT(differing(uninterrupted(kLongPpo), results_of(only_run(scratch / "data"))), IsEmpty());
}

TEST(Interrupt, OfARunThatTrainsOnLeavesNoScoresOfTheShorterOne) {
  const ScratchFolder scratch;
  const fs::path data = scratch / "data";
  ShortRun run = kLongPpo;
  run.max_frame = 2000;
  ASSERT_EQ(run_program(run.command(data, "train")).exit_code, 0);
  const fs::path scores = only_run(data) / "ppo_cartpole_t0_trial_metrics_scalar.json";
  ASSERT_TRUE(fs::exists(scores));
  Process process(kLongPpo.command(data, "train@latest", {"--checkpoint-seconds", "0"}));
  EXPECT_TRUE(await_checkpoint(process, data, 10));  // beyond those of the four log points before
  process.send_to_group(SIGINT);
  EXPECT_EQ(process.wait().exit_code, 130);
  EXPECT_FALSE(fs::exists(scores));
}

TEST(Terminate, EndsAfterACheckpointToo) {
  const ScratchFolder scratch;
  Process process(kLongPpo.command(scratch / "data", "train", {"--checkpoint-seconds", "0"}));
  ASSERT_TRUE(await_checkpoint(process, scratch / "data", 1));
  process.send(SIGTERM);  // to the parent alone, as a batch system does
  const ProcessResult stopped = process.wait();
  EXPECT_EQ(stopped.exit_code, 143) << stopped.err;
  EXPECT_THAT(stopped.err, HasSubstr("Go on with: "));
}

TEST(Interrupt, ShowsHowFarARowOfTheBenchmarkCame) {
  const ScratchFolder scratch;
  const auto benchmark = [&](const std::string& data, const std::vector<std::string>& more) {
    std::vector<std::string> words = {"benchmark", "cartpole/a2c", "--sessions",   "2",         "--threads",
                                      "1",         "--data",       scratch / data, "--results", scratch / "page"};
    words.insert(words.end(), more.begin(), more.end());
    return slm_lab(words);
  };
  const auto interrupt = [&](const std::string& data) {
    Process process(benchmark(data, {"--checkpoint-seconds", "0", "--again"}));
    EXPECT_TRUE(await_checkpoint(process, scratch / data, 3));
    process.send_to_group(SIGINT);
    EXPECT_EQ(process.wait().exit_code, 130);
  };
  const auto page = [&] { return read_file(scratch / "page" / "BENCHMARKS.md"); };
  interrupt("data");
  EXPECT_THAT(page(), HasSubstr("| under way | A2C | "));
  EXPECT_THAT(page(),
              testing::ContainsRegex("- A2C: under way: session 0 at [0-9.]+k frames, no log point of another\n"));
  EXPECT_THAT(page(), HasSubstr("![Curves of CartPole-v1](cartpole.png)"));
  const ProcessResult resumed = run_program(benchmark("data", {}));
  ASSERT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_THAT(resumed.err, HasSubstr("cartpole/a2c: continues "));
  EXPECT_THAT(page(), testing::ContainsRegex("\n1 of [0-9]+ rows have run"));
  interrupt("again");
  EXPECT_THAT(page(), testing::ContainsRegex("\n1 of [0-9]+ rows have run")) << "a finished result stays";
}

void flip_a_byte(const fs::path& file) {
  std::string bytes = read_file(file);
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 0x10);
  write_file_durably(file, bytes);
}

/// The states of session 0, oldest first.
std::vector<fs::path> states(const fs::path& data) {
  std::vector<fs::path> found;
  for (const std::string& file : files_below(only_run(data)))
    if (file.find("_s0_checkpoints/") != std::string::npos && file.ends_with("state.safetensors"))
      found.push_back(only_run(data) / file);
  return found;
}

TEST(DamagedCheckpoint, TheOneBeforeIsContinuedToTheSameEnd) {
  const ScratchFolder scratch;
  ASSERT_EQ(interrupted(kLongPpo, scratch / "data").exit_code, 130);
  ASSERT_EQ(states(scratch / "data").size(), 2u);
  flip_a_byte(states(scratch / "data")[1]);
  const ProcessResult resumed = run_program(kLongPpo.command(scratch / "data", "train@latest"));
  ASSERT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_THAT(resumed.err, HasSubstr("damaged"));
  EXPECT_THAT(resumed.err, HasSubstr("trying the one before"));
  EXPECT_THAT(differing(uninterrupted(kLongPpo), results_of(only_run(scratch / "data"))), IsEmpty());
}

TEST(DamagedCheckpoint, IsNeverPassedOverInSilenceWhenThereIsNoOther) {
  const ScratchFolder scratch;
  ASSERT_EQ(interrupted(kLongPpo, scratch / "data").exit_code, 130);
  for (const fs::path& state : states(scratch / "data")) flip_a_byte(state);
  const ProcessResult resumed = run_program(kLongPpo.command(scratch / "data", "train@latest"));
  EXPECT_EQ(resumed.exit_code, 5) << resumed.err;
  EXPECT_THAT(resumed.err, HasSubstr("every checkpoint is damaged"));
}

}  // namespace
}  // namespace slm
