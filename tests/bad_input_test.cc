// Whatever a user gets wrong: a text that says where, what, what was expected and what was probably meant; the
// documented exit code; and nothing left behind.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "slm_lab/env/registry.h"
#include "tests/support/nap.h"
#include "tests/support/process.h"
#include "tests/support/run_folder.h"
#include "tests/support/scratch_folder.h"

namespace slm {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
namespace fs = std::filesystem;

// Numbered lines are what the tables below point into.
constexpr const char* kSpec = R"({
  "good": {
    "agent": {
      "name": "PPO",
      "algorithm": {
        "name": "PPO",
        "gamma": 0.99,
        "lam": 0.95,
        "clip_eps_spec": {"name": "no_decay", "start_val": 0.2},
        "time_horizon": 32,
        "minibatch_size": 64,
        "training_epoch": 2
      },
      "memory": {"name": "OnPolicyBatchReplay"},
      "net": {"type": "MLPNet", "shared": false, "use_same_optim": true, "hid_layers": [8], "hid_layers_activation": "tanh"}
    },
    "env": {"name": "CartPole-v1", "num_envs": 4, "max_frame": 3000},
    "meta": {"max_session": 1, "max_trial": 1, "log_frequency": 500}
  }
})";

struct Edit {
  const char* from;
  const char* to;
};

std::string edited(const std::vector<Edit>& edits) {
  std::string text = kSpec;
  for (const Edit& edit : edits) {
    const std::size_t at = text.find(edit.from);
    ensure(at != std::string::npos, edit.from);
    text.replace(at, std::string(edit.from).size(), edit.to);
  }
  return text;
}

/// A folder with the spec file `spec.json`, in which slm-lab is started.
class Lab {
 public:
  Lab() : Lab(std::vector<Edit>{}) {}
  explicit Lab(const std::vector<Edit>& edits) { write_file_durably(scratch_ / "spec.json", edited(edits)); }

  std::vector<std::string> command(const std::string& mode, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments = {"run", "spec.json", "good", mode};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return slm_lab(arguments);
  }
  ProcessResult run(const std::vector<std::string>& arguments) const { return run_program(arguments, here()); }
  ProcessResult train(const std::vector<std::string>& more = {}) const { return run(command("train", more)); }
  ProcessOptions here() const { return {.environment = {}, .folder = scratch_.path()}; }

  fs::path path(const std::string& name) const { return scratch_ / name; }
  std::vector<std::string> files() const { return files_below(scratch_.path()); }
  bool untouched() const { return files() == std::vector<std::string>{"spec.json"} && !fs::exists(path("data")); }

 private:
  ScratchFolder scratch_;
};

TEST(GoodSpec, IsAccepted) {  // or the tests below would prove nothing
  const Lab lab;
  const ProcessResult result = lab.train();
  EXPECT_EQ(result.exit_code, 0) << result.err;
}

struct Mistake {
  const char* name;
  std::vector<Edit> edits;
  std::vector<const char*> texts;
  std::vector<std::string> arguments = {};
};

void PrintTo(const Mistake& mistake, std::ostream* out) { *out << mistake.name; }

class SpecMistake : public testing::TestWithParam<Mistake> {};

TEST_P(SpecMistake, IsExplainedAndLeavesNothingBehind) {
  const Lab lab(GetParam().edits);
  const ProcessResult result = lab.train(GetParam().arguments);
  EXPECT_EQ(result.exit_code, 2);
  for (const char* text : GetParam().texts) EXPECT_THAT(result.err, HasSubstr(text));
  EXPECT_THAT(result.out, IsEmpty());
  EXPECT_TRUE(lab.untouched()) << testing::PrintToString(lab.files());
}

/// The object that is the value of agent.algorithm in kSpec.
constexpr const char* kPpo = R"({
        "name": "PPO",
        "gamma": 0.99,
        "lam": 0.95,
        "clip_eps_spec": {"name": "no_decay", "start_val": 0.2},
        "time_horizon": 32,
        "minibatch_size": 64,
        "training_epoch": 2
      })";

/// The spec with another algorithm, memory and environment.
std::vector<Edit> with(const char* algorithm, const char* memory, const char* env = "CartPole-v1") {
  return {{kPpo, algorithm}, {R"({"name": "OnPolicyBatchReplay"})", memory}, {"CartPole-v1", env}};
}

constexpr const char* kDqn =
    R"({"name": "DQN", "gamma": 0.99, "action_policy": "epsilon_greedy", "training_frequency": 4, "training_iter": 1,
        "training_batch_iter": 1, "explore_var_spec": {"name": "no_decay", "start_val": 0.1}})";
constexpr const char* kSac = R"({"name": "SoftActorCritic", "gamma": 0.99, "training_frequency": 1})";
constexpr const char* kSacNormal =
    R"({"name": "SoftActorCritic", "gamma": 0.99, "training_frequency": 1, "action_pdtype": "Normal"})";
constexpr const char* kReplay = R"({"name": "Replay", "batch_size": 32, "max_size": 1000})";

INSTANTIATE_TEST_SUITE_P(
    OffPolicy, SpecMistake,
    testing::Values(
        Mistake{"PerAlphaOutOfRange",
                with(kDqn, R"({"name": "PrioritizedReplay", "alpha": 1.5, "epsilon": 1e-4, "batch_size": 32,
                               "max_size": 1000})"),
                {"agent.memory.alpha = 1.5: expected a number in [0, 1]; nearest legal value: 1"}},
        Mistake{"PerEpsilonOfZero",
                with(kDqn, R"({"name": "PrioritizedReplay", "alpha": 0.6, "epsilon": 0, "batch_size": 32,
                               "max_size": 1000})"),
                {"agent.memory.epsilon = 0: expected a number in (0, 1000000]"}},
        Mistake{"BatchLargerThanTheMemory",
                with(kDqn, R"({"name": "Replay", "batch_size": 2000, "max_size": 1000})"),
                {"agent.memory.batch_size = 2000: expected no more than max_size = 1000"}},
        Mistake{"MemoryLargerThanTheMachine",
                with(kSac, R"({"name": "Replay", "batch_size": 32, "max_size": 1000000000000})"),
                {"agent.memory.max_size = 1000000000000: so many transitions take ", " GiB, and this machine has ",
                 "the largest that fits is about "}},
        Mistake{"DiscreteAlgorithmOnContinuousActions",
                with(kDqn, kReplay, "Pendulum-v1"),
                {"agent.algorithm.name = \"DQN\": DQN needs discrete actions, and those of Pendulum-v1 are continuous; "
                 "for it use Reinforce, ActorCritic, PPO, SoftActorCritic, CrossQ, TD3, SIL, "
                 "PPOSIL"}},
        Mistake{"ContinuousPolicyOnDiscreteActions",
                with(kSacNormal, kReplay),
                {"agent.algorithm.action_pdtype = \"Normal\": Normal does not fit, the actions of CartPole-v1 are "
                 "discrete: expected one of default, Categorical"}},
        Mistake{"OffPolicyAlgorithmWithAnOnPolicyMemory",
                with(kSac, R"({"name": "OnPolicyBatchReplay"})"),
                {"agent.memory.name = \"OnPolicyBatchReplay\": SoftActorCritic is off-policy: expected Replay or "
                 "PrioritizedReplay"}},
        Mistake{"OnPolicyAlgorithmWithAReplay",
                {{R"({"name": "OnPolicyBatchReplay"})", kReplay}},
                {"agent.memory.name = \"Replay\": PPO trains on OnPolicyBatchReplay"}}),
    [](const auto& instance) { return std::string(instance.param.name); });

INSTANTIATE_TEST_SUITE_P(
    All, SpecMistake,
    testing::Values(
        Mistake{"MalformedJson", {{"0.99,", "0.99"}}, {"spec.json:8:9: ", "expected '}'"}},
        Mistake{"UnknownKey",
                {{"\"lam\"", "\"lamb\""}},
                {"spec.json:8:9: agent.algorithm.lamb: unknown key; did you mean lam?"}},
        Mistake{"UnknownTopLevelKey",
                {{"\"meta\"", "\"metta\": {}, \"meta\""}},
                {"spec.json:18:5: metta: unknown key; did you mean meta?"}},
        Mistake{"WrongType",
                {{"0.99", "\"high\""}},
                {"spec.json:7:18: agent.algorithm.gamma = \"high\": expected a number in [0, 1]"}},
        Mistake{"OutOfRange",
                {{"0.99", "1.5"}},
                {"spec.json:7:18: agent.algorithm.gamma = 1.5: expected a number in [0, 1]; nearest legal value: 1"}},
        Mistake{"MissingKey", {{"\"gamma\": 0.99,", ""}}, {"spec.json:5:20: agent.algorithm.gamma: missing; expected"}},
        Mistake{"MissingBlock", {{"\"env\"", "\"search\""}}, {"env: missing"}},
        Mistake{"UnresolvedPlaceholder",
                {{"CartPole-v1", "${env}"}},
                {"spec.json:17:21: env.name: ${env} has no value; give it with -s env=VALUE"}},
        Mistake{"UnknownEnvironment",
                {{"CartPole-v1", "CartPol-v1"}},
                {"spec.json:17:21: env.name = \"CartPol-v1\": no such environment; did you mean CartPole-v1?"}},
        Mistake{"UnknownAlgorithm",
                {{"\"algorithm\": {\n        \"name\": \"PPO\"", "\"algorithm\": {\n        \"name\": \"POP\""}},
                {"spec.json:6:17: agent.algorithm.name = \"POP\": ", "did you mean PPO?"}},
        Mistake{
            "UnknownActivation",
            {{"tanh", "tan"}},
            {"spec.json:15:118: agent.net.hid_layers_activation = \"tan\": expected one of ", "did you mean tanh?"}},
        Mistake{"MinibatchLargerThanTheRollout",
                {{"64", "129"}},
                {"spec.json:11:27: agent.algorithm.minibatch_size = 129: larger than the rollout", "128"}},
        Mistake{"FewerLogPointsThanTheMetricsNeed",
                {{"500", "1500"}},
                {"spec.json:18:65: meta.log_frequency = 1500: expected at most 1000"}},
        Mistake{"SeveralAtOnce",
                {{"\"lam\"", "\"lamb\""}, {"0.99", "1.5"}, {"CartPole-v1", "CartPol-v1"}, {"tanh", "tan"}},
                {"spec.json:7:18: ", "spec.json:8:9: ", "spec.json:15:118: ", "spec.json:17:21: "}},
        Mistake{"SetWithoutPlaceholder", {}, {"-s gamma=0.9: spec.json has no ${gamma}"}, {"-s", "gamma=0.9"}},
        Mistake{"OverrideWithoutValue",
                {},
                {"--override: expected PATH=VALUE, as in agent.algorithm.gamma=0.98; not gamma"},
                {"--override", "gamma"}},
        Mistake{"OverrideOfAnUnknownKey",
                {},
                {"--override: agent.algorithm.gama: unknown key; did you mean gamma?"},
                {"--override", "agent.algorithm.gama=0.9"}},
        Mistake{"OverrideOfAnUnknownBlock",
                {},
                {"--override: agnt: unknown key; did you mean agent?"},
                {"--override", "agnt.algorithm.gamma=0.9"}},
        Mistake{"OverrideOutOfRange",
                {},
                {"--override: agent.algorithm.gamma = 7: expected a number in [0, 1]"},
                {"--override", "agent.algorithm.gamma=7"}}),
    [](const auto& mistake) { return std::string(mistake.param.name); });

TEST(SpecFile, ThatIsNotThereIsNamedWithTheNearestOne) {
  const Lab lab;
  const ProcessResult missing = lab.run(slm_lab({"run", "benchmark/ppo/ppo_cartpol.json", "ppo_cartpole", "train"}));
  EXPECT_EQ(missing.exit_code, 2);
  EXPECT_THAT(missing.err, HasSubstr("no such spec file; did you mean benchmark/ppo/ppo_cartpole.json?"));
  const ProcessResult name = lab.run(slm_lab({"run", "spec.json", "goood", "train"}));
  EXPECT_EQ(name.exit_code, 2);
  EXPECT_THAT(name.err, HasSubstr("spec.json: no spec \"goood\"; did you mean good?"));
  const ProcessResult hostile = lab.run(slm_lab({"run", "spec.json", "../good", "train"}));
  EXPECT_EQ(hostile.exit_code, 2);
  EXPECT_TRUE(lab.untouched());
}

TEST(DataFolder, ThatCannotBeMadeIsRefusedBeforeTraining) {
  const Lab lab;
  write_file_durably(lab.path("file"), "mine");
  for (const char* data : {"file", "file/below", "/proc/slm-lab"}) {
    const ProcessResult result = lab.train({"--data", data});
    EXPECT_EQ(result.exit_code, 2) << data;
    EXPECT_THAT(result.err, HasSubstr(data));
    EXPECT_THAT(result.err, HasSubstr("choose another with --data DIR"));
  }
  EXPECT_EQ(read_file(lab.path("file")), "mine");
  EXPECT_EQ(lab.files().size(), 2u);
}

TEST(RunFolder, ThatIsNoneCannotBeContinued) {
  const Lab lab;
  const ProcessResult latest = lab.run(lab.command("train@latest"));
  EXPECT_EQ(latest.exit_code, 2);
  EXPECT_THAT(latest.err, HasSubstr("no run of good in data"));
  for (const char* mode : {"train@nowhere", "enjoy@nowhere"}) {
    const ProcessResult result = lab.run(lab.command(mode));
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_THAT(result.err, HasSubstr("data/nowhere: no such run folder"));
  }
  EXPECT_TRUE(lab.untouched());
}

TEST(LaterVersion, IsNamedAsTheReasonAndIsAnotherExitCode) {
  for (const EnvEntry& env : env_table()) {
    if (env.available()) continue;
    std::string name(env.name);
    if (name == "ALE/") name = "ALE/Pong-v5";
    const Lab lab(std::vector<Edit>{{"CartPole-v1", name.c_str()}});
    const ProcessResult result = lab.train();
    EXPECT_EQ(result.exit_code, 3) << result.err;
    EXPECT_THAT(result.err, HasSubstr(name + ": needs "));
    EXPECT_TRUE(lab.untouched());
    return;  // one for all: each costs a process
  }
  GTEST_SKIP() << "every environment is there";
}

/// The one run folder of `data` once it holds a checkpoint, while `process` works on it.
fs::path run_with_checkpoint(const Process& process, const fs::path& data) {
  for (; process.running(); nap())
    for (const std::string& file : files_below(data))  // a file may go while others are listed: it is looked at again
      if (file.find("_checkpoints/0") != std::string::npos && file.find(".partial") == std::string::npos)
        return only_run(data);
  return {};
}

const std::vector<std::string> kLong = {"--override", "env.max_frame=100000000", "--checkpoint-seconds", "0"};

TEST(RunFolder, IsWorkedOnByOneProcess) {
  const Lab lab;
  Process first(lab.command("train", kLong), lab.here());
  const fs::path run = run_with_checkpoint(first, lab.path("data"));
  ASSERT_FALSE(run.empty()) << first.wait().err;
  const ProcessResult second = lab.run(lab.command("train@latest"));
  EXPECT_EQ(second.exit_code, 6) << second.err;
  EXPECT_THAT(second.err, HasSubstr(fmt::format("in use by process {}", first.pid())));
  first.send(SIGKILL);
  first.wait();
  Process third(lab.command("train@latest"), lab.here());  // a dead holder holds nothing
  while (third.running() && read_file(run / "run.lock") != fmt::format("{}\n", third.pid())) nap();
  third.send(SIGINT);
  EXPECT_EQ(third.wait().exit_code, 130);
}

std::map<std::string, std::string> contents(const fs::path& folder) {
  std::map<std::string, std::string> result;
  for (const std::string& file : files_below(folder)) result[file] = read_file(folder / file);
  return result;
}

// No byte can be written (a limit on the size of files, which works for every user): as on a full disk.
TEST(FullDisk, IsSaidAndTheLastCheckpointStays) {
  const Lab lab;
  const std::vector<std::string> budget = {"--override", "env.max_frame=20000", "--checkpoint-seconds", "0"};
  Process first(lab.command("train", budget), lab.here());
  const fs::path run = run_with_checkpoint(first, lab.path("data"));
  ASSERT_FALSE(run.empty());
  first.send(SIGINT);
  ASSERT_EQ(first.wait().exit_code, 130);
  const auto model = contents(run / "model");

  std::vector<std::string> limited = {"sh", "-c", "trap '' XFSZ; ulimit -f 0; exec \"$@\"", "sh"};
  const std::vector<std::string> resume = lab.command("train@latest");
  limited.insert(limited.end(), resume.begin(), resume.end());
  const ProcessResult failed = lab.run(limited);
  EXPECT_EQ(failed.exit_code, 4) << failed.err;
  EXPECT_THAT(failed.err, HasSubstr(run.filename().string()));
  EXPECT_TRUE(differing(model, contents(run / "model")).empty());

  const ProcessResult resumed = lab.run(resume);
  ASSERT_EQ(resumed.exit_code, 0) << resumed.err;
  const Lab other;
  ASSERT_EQ(other.train({"--override", "env.max_frame=20000"}).exit_code, 0);
  EXPECT_THAT(differing(results_of(only_run(other.path("data"))), results_of(run)), IsEmpty());
}

// A small file system of our own, in a mount namespace that goes with the shell.
constexpr const char* kOnSmallDisk = R"(
mkdir disk
mount -t tmpfs -o size=4m none disk || exit 77
"$0" run spec.json good train --data disk --override env.max_frame=100000000 --checkpoint-seconds 0 2>full.txt &
until ls disk/*/model/*_checkpoints/0* >/dev/null 2>&1; do kill -0 $! || exit 1; done
cat /dev/zero >disk/fill 2>/dev/null
wait $!
echo "code $?"
rm disk/fill
"$0" run spec.json good train@latest --data disk --checkpoint-seconds 0 2>again.txt &
until grep -q 'continues from frame' again.txt; do kill -0 $! || exit 1; done
kill -INT $!
wait $!
echo "code $?"
)";

TEST(FullDisk, WhileTrainingEndsTheRunWhichGoesOnWhenThereIsRoom) {
  const Lab lab;
  const ProcessResult result = lab.run({"unshare", "-m", "sh", "-c", kOnSmallDisk, SLM_LAB_PROGRAM});
  if (result.exit_code == 77 || result.err.find("unshare: ") != std::string::npos)
    GTEST_SKIP() << "may not mount a file system here (needs root): " << result.err;
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "code 4\ncode 130\n") << read_file(lab.path("full.txt")) << read_file(lab.path("again.txt"));
  EXPECT_THAT(read_file(lab.path("full.txt")), HasSubstr("No space left on device"));
}

}  // namespace
}  // namespace slm
