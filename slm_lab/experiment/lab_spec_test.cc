#include "slm_lab/experiment/lab_spec.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <sstream>

#include "slm_lab/base/build_info.h"
#include "slm_lab/base/error.h"
#include "slm_lab/spec/spec_path.h"

namespace slm::lab_spec_test {
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
  EXPECT_THAT(
      problems(edited("20000", "2")),
      ElementsAre("f.json:10:47: meta.log_frequency = 1000: a session has at least 3 log points, a frame or more "
                  "apart, and env.max_frame is 2"));
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
  // Nor is the memory of a run weighed that was refused for its length.
  EXPECT_THAT(problems(edited("20000", "1e30")), ElementsAre(HasSubstr("env.max_frame = 1e30: expected")));
  EXPECT_THAT(problems(edited("\"CartPole-v1\"", "\"\"")),
              ElementsAre(HasSubstr("env.name = \"\": no such environment")));
  EXPECT_THAT(problems(edited("\"CartPole-v1\"", "\"CartPole-${v}\""), true), IsEmpty());
  EXPECT_THAT(problems(edited("[8]", "[8, \"${h}\"]"), true), IsEmpty());
  EXPECT_THAT(problems(edited("20000", "\"${}\""), true), ElementsAre(HasSubstr("env.max_frame = \"${}\": expected")));
  // The number of environments decides whether a memory of episodes will do.
  const std::string episodes = edited("OnPolicyBatchReplay", "OnPolicyReplay");
  EXPECT_THAT(problems(episodes), ElementsAre(HasSubstr("OnPolicyReplay keeps the episodes of one environment")));
  std::string many = episodes;
  many.replace(many.find("\"num_envs\": 4"), 13, "\"num_envs\": \"${n}\"");
  EXPECT_THAT(problems(many, true), IsEmpty());
}

TEST(LabSpec, SeveralAgentsOrEnvironmentsAreRefusedInWords) {
  const std::string env = R"({"name": "CartPole-v1", "num_envs": 4, "max_frame": 20000})";
  EXPECT_THAT(problems(edited(env, "[" + env + ", " + env + "]")),
              ElementsAre(AllOf(HasSubstr("env = [{"), HasSubstr("expected an object: one environment"),
                                HasSubstr("A list of 2, as SLM-Lab 4.0 to 4.2 could hold, cannot run"))));
  EXPECT_THAT(problems(edited(env, "[]")), ElementsAre(HasSubstr("A list of 0")));
  EXPECT_THAT(problems(edited(env, "[7]")), ElementsAre(testing::EndsWith("env = [7]: expected an object")));
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
  EXPECT_THAT(  // the key beside it counts only without lam
      problems(with({{"\"training_frequency\": 32", R"("training_frequency": 1000000000, "num_step_returns": 5)"}})),
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

// ---- the nearest legal value ----

/// "" when the spec is accepted.
std::string refusal(const JsonNode& root) {
  LoadedSpec loaded;
  loaded.root = root;
  loaded.file = "f.json";
  SpecReport report(loaded.file);
  try {
    read_lab_spec(loaded, report);
    return "";
  } catch (const SpecError& error) {
    return error.what();
  }
}

JsonNode number_node(const std::string& text) { return parse_json(text, "f.json"); }

/// The paths of all numbers below `node`, but for the search block.
void collect_numbers(const JsonNode& node, const std::string& path, std::vector<std::string>& out) {
  if (node.is(JsonNode::Kind::number)) out.push_back(path);
  for (const JsonMember& member : node.members)
    if (member.key != "search") collect_numbers(member.value, path.empty() ? member.key : path + "." + member.key, out);
  for (std::size_t i = 0; i < node.elements.size(); ++i)
    collect_numbers(node.elements[i], path + "[" + std::to_string(i) + "]", out);
}

std::optional<std::string> suggested(const std::string& line) {
  const std::string_view words = "nearest legal value: ";
  const std::size_t at = line.rfind(words);
  return at == line.npos ? std::nullopt : std::optional(line.substr(at + words.size()));
}

/// The line of `refusal` about this path.
std::string line_of(const std::string& refusal, const std::string& path) {
  std::istringstream lines(refusal);
  for (std::string line; std::getline(lines, line);)
    if (line.find(" " + path + " = ") != line.npos) return line;
  return "";
}

class NearestLegalValue : public testing::TestWithParam<const char*> {};

TEST_P(NearestLegalValue, IsAcceptedWhenItIsPutIn) {
  LoadOptions options;
  options.repository = source_dir();
  const JsonNode root = SpecFile(GetParam(), options).take(0).root;
  ASSERT_EQ(refusal(root), "");
  std::vector<std::string> paths;
  collect_numbers(root, "", paths);
  int suggestions = 0;
  for (const std::string& path : paths)
    for (const char* wrong : {"-1e18", "-1", "0", "0.5", "1.5", "1000000", "2147483647", "1e18", "1e300"}) {
      JsonNode changed = root;
      set_at_path(changed, path, number_node(wrong), "");
      const auto value = suggested(line_of(refusal(changed), path));
      if (!value) continue;
      ++suggestions;
      set_at_path(changed, path, number_node(*value), "");
      EXPECT_EQ(refusal(changed), "") << path << " = " << wrong << " was told " << *value;
    }
  EXPECT_GT(suggestions, 20);
}

INSTANTIATE_TEST_SUITE_P(Specs, NearestLegalValue,
                         testing::Values("benchmark/ppo/ppo_cartpole.json", "benchmark/ppo/ppo_pendulum.json",
                                         "benchmark/a2c/a2c_gae_cartpole.json", "benchmark/sac/sac_cartpole.json",
                                         "benchmark/dqn/ddqn_per_acrobot.json", "benchmark/sarsa/sarsa_cartpole.json",
                                         "benchmark/reinforce/reinforce_cartpole.json",
                                         "benchmark/sil/ppo_sil_cartpole.json"));

// A rollout that waits for more episodes than the run has is never full: the run never trains, which is said, and takes
// what the run has. Where memory is short, the key that asks for it is named.
TEST(LabSpec, CountsTheMemoryOfARollout) {
  LoadOptions options;
  options.repository = source_dir();
  options.overrides = {"agent.algorithm.training_frequency=1000000"};
  EXPECT_EQ(refusal(load_spec("benchmark/reinforce/reinforce_cartpole.json", "", options).root), "");
  options.overrides = {"agent.algorithm.time_horizon=1000000000"};
  EXPECT_THAT(refusal(load_spec("benchmark/ppo/ppo_cartpole.json", "ppo_cartpole", options).root),
              HasSubstr("agent.algorithm.time_horizon = 1000000000: a session would take"));
}

// Of a net that does not fit the layers are named that make it so large, and not the rollout that goes through them.
TEST(LabSpec, NamesTheLayersThatTakeTheMemory) {
  const auto refused = [](const std::vector<std::string>& changes) {
    LoadOptions options;
    options.repository = source_dir();
    options.overrides = changes;
    return refusal(load_spec("benchmark/sil/ppo_sil_pong.json", "ppo_sil_pong", options).root);
  };
  EXPECT_THAT(refused({"agent.net.fc_hid_layers=[65536, 65536, 65536, 65536]"}),
              HasSubstr("agent.net.fc_hid_layers = [65536, 65536, 65536, 65536]: a session would take "));
  for (const char* convolutions :
       {"[[65536, 8, 4, 0, 1], [65536, 4, 2, 0, 1], [65536, 3, 1, 0, 1]]",  // weights
        "[[64, 256, 1, 255, 1], [64, 256, 1, 255, 1]]"})                    // images, which grow with such paddings
    EXPECT_THAT(refused({fmt::format("agent.net.conv_hid_layers={}", convolutions)}),
                AllOf(HasSubstr("agent.net.conv_hid_layers = "), HasSubstr(": a session would take ")))
        << convolutions;
  EXPECT_THAT(refused({"agent.net.type=ImpalaNet", "agent.net.channels=[16, 32, 32768]"}),
              HasSubstr("agent.net.channels = [16, 32, 32768]: a session would take "));
}

// PyTorch would make images of such paddings, of 2^32 pixels and more.
TEST(LabSpec, RefusesPaddingsThatOverflow) {
  LoadOptions options;
  options.repository = source_dir();
  for (const char* row : {"[1, 1, 65536, 16384, 1]", "[1, 1, 65536, 65536, 1]", "[1, 2, 1, 65536, 65536]",
                          "[1, 65536, 65536, 0, 65536]"}) {
    options.overrides = {fmt::format("agent.net.conv_hid_layers=[{}]", row)};
    EXPECT_THAT(refusal(load_spec("benchmark/sil/ppo_sil_pong.json", "ppo_sil_pong", options).root),
                testing::AnyOf(HasSubstr("nearest legal value: [[1, 1, 65536, 0, 1]]"), HasSubstr("agent.net.type")))
        << row;
  }
}

// What a minibatch is too large for is the rollout, not the type of a number.
TEST(LabSpec, NamesTheRolloutAsTheLargestMinibatch) {
  LoadOptions options;
  options.repository = source_dir();
  options.overrides = {"agent.algorithm.minibatch_size=2147483647"};
  EXPECT_THAT(refusal(load_spec("benchmark/ppo/ppo_cartpole.json", "ppo_cartpole", options).root),
              AllOf(HasSubstr("larger than the rollout: expected at most time_horizon x num_envs = "),
                    testing::EndsWith("nearest legal value: 1024")));
}

}  // namespace
}  // namespace slm::lab_spec_test
