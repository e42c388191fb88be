#include "slm_lab/experiment/lab_spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "slm_lab/base/build_info.h"

namespace slm {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kSpec = R"({
  "agent": {
    "name": "A2C",
    "algorithm": {"name": "ActorCritic", "gamma": 0.99, "lam": 0.95, "training_frequency": 32},
    "memory": {"name": "OnPolicyBatchReplay"},
    "net": {"type": "MLPNet", "shared": false, "use_same_optim": true, "hid_layers": [8],
            "hid_layers_activation": "tanh"}
  },
  "env": {"name": "CartPole-v1", "num_envs": 4, "max_frame": 20000},
  "meta": {"max_session": 1, "log_frequency": 1000}
})";

std::string edited(std::string_view from, std::string_view to) {
  std::string text = kSpec;
  return text.replace(text.find(from), from.size(), to);
}

/// The problems of a spec, as a user sees them.
std::vector<std::string> problems(const std::string& text, bool allow_placeholders = false) {
  const JsonNode root = parse_json(text, "f.json");
  SpecReport report("f.json");
  report.allow_placeholders = allow_placeholders;
  SpecReader reader(&root, "", report);
  read_lab_spec(reader);
  std::vector<std::string> lines;
  for (const SpecFinding& finding : report.problems()) lines.push_back(report.line(finding));
  return lines;
}

TEST(LabSpec, ChecksValuesAgainstEachOther) {
  EXPECT_THAT(problems(kSpec), IsEmpty());
  EXPECT_THAT(problems(edited("20000", "2999")),
              ElementsAre("f.json:10:47: meta.log_frequency = 1000: expected at most 999 for env.max_frame = 2999, so "
                          "that a session has at least 3 log points"));
}

TEST(LabSpec, LogsAShortRunThreeTimesWhereItDoesNotSay) {
  const auto log_frequency = [](const std::string& frames) {
    const JsonNode root = parse_json(edited(", \"log_frequency\": 1000", ""), "f.json");
    SpecReport report("f.json");
    JsonNode changed = root;
    changed.at_or_insert("env").at_or_insert("max_frame") = parse_json(frames, "f.json");
    SpecReader reader(&changed, "", report);
    return read_lab_spec(reader).meta.log_frequency;
  };
  EXPECT_EQ(log_frequency("2999"), 999);
  EXPECT_EQ(log_frequency("30000"), 10000);
  EXPECT_EQ(log_frequency("300000"), 10000);
}

TEST(LabSpec, ChecksNothingAgainstAValueThatWasNotRead) {
  EXPECT_THAT(problems(edited("20000", "\"${max_frame}\""), true), IsEmpty());
  EXPECT_THAT(problems(edited("20000", "1000.5")), ElementsAre(HasSubstr("env.max_frame = 1000.5: expected")));
  EXPECT_THAT(problems(edited(", \"max_frame\": 20000", "")), ElementsAre(HasSubstr("env.max_frame: missing")));
  EXPECT_THAT(problems(edited(R"({"name": "CartPole-v1", "num_envs": 4, "max_frame": 20000})", "7")),
              ElementsAre(HasSubstr("env = 7: expected an object")));
  // The number of environments decides whether a memory of episodes will do.
  const std::string episodes = edited("OnPolicyBatchReplay", "OnPolicyReplay");
  EXPECT_THAT(problems(episodes), ElementsAre(HasSubstr("OnPolicyReplay keeps the episodes of one environment")));
  std::string many = episodes;
  many.replace(many.find("\"num_envs\": 4"), 13, "\"num_envs\": \"${n}\"");
  EXPECT_THAT(problems(many, true), IsEmpty());
}

/// The notes on a shipped spec with these changes.
std::string notes(const std::vector<std::string>& overrides) {
  LoadOptions options;
  options.repository = source_dir();
  options.overrides = overrides;
  const LoadedSpec loaded = load_spec("benchmark/ppo/ppo_cartpole.json", "ppo_cartpole", options);
  SpecReport report(loaded.file);
  read_lab_spec(loaded, report);  // throws when it is refused
  std::string text;
  for (const SpecFinding& finding : report.notes()) text += report.line(finding) + "\n";
  return text;
}

// A finished spec keeps its search block: training it must work with any number of sessions.
TEST(LabSpec, ASearchSchedulerIsNotedAndRefusesNothing) {
  const std::string scheduler = R"(meta.search_scheduler={"grace_period": 1000})";
  EXPECT_THAT(notes({scheduler, "meta.max_session=4"}), HasSubstr("one session per trial"));
  EXPECT_THAT(notes({scheduler, "meta.max_session=1"}), HasSubstr("train leaves it alone"));
  EXPECT_THAT(notes({}), testing::Not(HasSubstr("search_scheduler")));
}

std::string with(const std::vector<std::pair<std::string, std::string>>& edits) {
  std::string text = kSpec;
  for (const auto& [from, to] : edits) text.replace(text.find(from), from.size(), to);
  return text;
}

// Every size is bounded before anything of that size is made.
TEST(LabSpec, RefusesASessionThatDoesNotFitIntoTheMachine) {
  const std::pair<std::string, std::string> far{"20000", "2000000000000"};
  EXPECT_THAT(problems(with({{"[8]", "[65536, 65536, 65536]"}})),
              ElementsAre(AllOf(HasSubstr("agent.net.hid_layers = [65536, 65536, 65536]: a session would take "),
                                HasSubstr("the nets, and this machine has "))));
  EXPECT_THAT(problems(with({{"\"training_frequency\": 32", "\"training_frequency\": 1000000000"}})),
              ElementsAre(HasSubstr("agent.algorithm.training_frequency = 1000000000: a session would take ")));
  EXPECT_THAT(problems(with({far, {"\"log_frequency\": 1000", "\"log_frequency\": 1"}})),
              ElementsAre(HasSubstr("meta.log_frequency = 1: a session would take ")));
  EXPECT_THAT(problems(with({{"\"num_envs\": 4", "\"num_envs\": 131073"}})),
              ElementsAre(HasSubstr("env.num_envs = 131073: expected an integer in [1, 131072]; nearest legal value: "
                                    "131072")));
  EXPECT_THAT(problems(with({{"\"num_envs\": 4", R"("frame_op": "stack", "frame_op_len": 20000000)"}})),
              ElementsAre(HasSubstr("env.frame_op_len = 20000000: expected an integer in [2, 1024]")));
  EXPECT_THAT(problems(with({{"\"training_frequency\": 32", "\"training_frequency\": 2147483647"}})),
              ElementsAre(HasSubstr("training_frequency = 2147483647: a session would take ")));
  EXPECT_THAT(problems(with({{"\"max_session\": 1", "\"max_session\": 20000"}})),
              ElementsAre(HasSubstr("meta.max_session = 20000: expected an integer in [1, 10000]")));
}

}  // namespace
}  // namespace slm
