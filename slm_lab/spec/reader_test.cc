#include "slm_lab/spec/reader.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "slm_lab/base/error.h"
#include "slm_lab/spec/report.h"

namespace slm::reader_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// Reads `text` with `read` and returns the problems as a user sees them.
std::vector<std::string> problems(std::string_view text, const std::function<void(SpecReader&)>& read,
                                  bool allow_placeholders = false) {
  const JsonNode root = parse_json(text, "f.json");
  SpecReport report("f.json");
  report.allow_placeholders = allow_placeholders;
  SpecReader reader(&root, "", report);
  read(reader);
  std::vector<std::string> lines;
  for (const SpecFinding& finding : report.problems()) lines.push_back(report.line(finding));
  return lines;
}

struct Values {
  bool flag = false;
  int count = 3;
  std::int64_t frames = 0;
  float rate = 0;
  double gamma = 0.5;
  std::string activation = "relu";
  std::vector<int> layers;
  std::vector<std::vector<int>> rows;
  std::optional<double> clip = 1;
  std::variant<double, std::string> target = std::string("auto");
};

Values read_values(SpecReader& r) {
  Values v;
  r.read("flag", v.flag, "a flag");
  r.read("count", v.count, "a count", at_least(1));
  r.read("frames", v.frames, "frames", at_least(0));
  r.read("rate", v.rate, "a rate", above(0));
  r.read("gamma", v.gamma, "discount factor", between(0, 1));
  r.read("activation", v.activation, "an activation", one_of({"relu", "tanh", "selu"}));
  r.read("layers", v.layers, "widths", at_least(1));
  r.read("rows", v.rows, "rows");
  r.read("clip", v.clip, "null: not clipped", above(0));
  r.read("target", v.target, "a number or auto", one_of({"auto"}));
  r.done();
  return v;
}

TEST(SpecReader, ReadsEveryType) {
  const JsonNode root = parse_json(R"({"flag": true, "count": 4, "frames": 1e6, "rate": 1, "gamma": 0.25,
      "activation": "TANH", "layers": [64, 32], "rows": [[1, 2], []], "clip": null, "target": 0.5})",
                                   "f.json");
  SpecReport report("f.json");
  SpecReader reader(&root, "", report);
  const Values v = read_values(reader);
  EXPECT_THAT(report.problems(), IsEmpty());
  EXPECT_TRUE(v.flag);
  EXPECT_EQ(v.count, 4);
  EXPECT_EQ(v.frames, 1000000);
  EXPECT_EQ(v.rate, 1.0f);
  EXPECT_EQ(v.gamma, 0.25);
  EXPECT_EQ(v.activation, "tanh");  // in the spelling of the legal names
  EXPECT_THAT(v.layers, ElementsAre(64, 32));
  EXPECT_THAT(v.rows, ElementsAre(ElementsAre(1, 2), ElementsAre()));
  EXPECT_EQ(v.clip, std::nullopt);
  EXPECT_EQ(std::get<double>(v.target), 0.5);
}

TEST(SpecReader, AnAbsentKeyLeavesTheDefault) {
  const JsonNode root = parse_json("{}", "f.json");
  SpecReport report("f.json");
  SpecReader reader(&root, "", report);
  const Values v = read_values(reader);
  EXPECT_THAT(report.problems(), IsEmpty());
  EXPECT_EQ(v.count, 3);
  EXPECT_EQ(v.clip, 1);
}

TEST(SpecReader, EachMistakeNamesPlaceValueExpectationAndRemedy) {
  const auto found = [](std::string_view text) {
    const auto lines = problems(text, [](SpecReader& r) { read_values(r); });
    return lines.size() == 1 ? lines[0] : "not one problem";
  };
  EXPECT_EQ(found("{\n  \"gamma\": 1.2}"),
            "f.json:2:12: gamma = 1.2: expected a number in [0, 1]; nearest legal value: 1");
  EXPECT_EQ(found("{\"gamma\": -3}"), "f.json:1:11: gamma = -3: expected a number in [0, 1]; nearest legal value: 0");
  EXPECT_EQ(found("{\"gamma\": \"0.9\"}"), "f.json:1:11: gamma = \"0.9\": expected a number in [0, 1]");
  EXPECT_EQ(found("{\"gamma\": null}"),
            "f.json:1:11: gamma = null: expected a number in [0, 1]; leave the key out for the default 0.5");
  EXPECT_EQ(found("{\"rate\": 0}"), "f.json:1:10: rate = 0: expected a number > 0");
  EXPECT_EQ(found("{\"rate\": 1e39}"), "f.json:1:10: rate = 1e39: expected a number > 0");
  EXPECT_EQ(found("{\"count\": 0}"), "f.json:1:11: count = 0: expected an integer >= 1; nearest legal value: 1");
  EXPECT_EQ(found("{\"count\": 2.6}"), "f.json:1:11: count = 2.6: expected an integer >= 1; nearest legal value: 3");
  EXPECT_EQ(found("{\"count\": 3000000000}"),
            "f.json:1:11: count = 3000000000: expected an integer >= 1; nearest legal value: 2147483647");
  EXPECT_EQ(found("7"), "f.json:1:1: 7: expected an object");
  EXPECT_EQ(found("{\"flag\": 1}"), "f.json:1:10: flag = 1: expected true or false");
  EXPECT_EQ(found("{\"activation\": \"rellu\"}"),
            "f.json:1:16: activation = \"rellu\": expected one of relu, tanh, selu; did you mean relu?");
  EXPECT_EQ(found("{\"layers\": [64, 0]}"),
            "f.json:1:17: layers[1] = 0: expected a list, each entry an integer >= 1; nearest legal value: 1");
  EXPECT_EQ(found("{\"rows\": [[1], [2, \"x\"]]}"),
            "f.json:1:20: rows[1][1] = \"x\": expected a list, each entry a list, each entry an integer");
  EXPECT_EQ(found("{\"clip\": \"no\"}"), "f.json:1:10: clip = \"no\": expected a number > 0, or null");
  EXPECT_EQ(found("{\"target\": \"autp\"}"),
            "f.json:1:12: target = \"autp\": expected a number, or one of auto; did you mean auto?");
  EXPECT_EQ(found("{\"gama\": 0.9}"), "f.json:1:2: gama: unknown key; did you mean gamma?");
  EXPECT_EQ(found("{\"zzzzzz\": 0.9}"), "f.json:1:2: zzzzzz: unknown key");
}

TEST(SpecReader, ReportsAllProblemsAtOnceInTheOrderOfTheFile) {
  const auto lines = problems("{\"gama\": 1,\n\"count\": 0,\n\"rate\": -1}", [](SpecReader& r) { read_values(r); });
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_THAT(lines[0], HasSubstr("1:2: gama"));
  EXPECT_THAT(lines[1], HasSubstr("2:10: count"));
  EXPECT_THAT(lines[2], HasSubstr("3:9: rate"));
}

TEST(SpecReader, AWrongValueKeepsTheDefault) {
  const JsonNode root = parse_json("{\"gamma\": 7, \"layers\": [1, 0]}", "f.json");
  SpecReport report("f.json");
  SpecReader reader(&root, "", report);
  const Values v = read_values(reader);
  EXPECT_EQ(v.gamma, 0.5);
  EXPECT_THAT(v.layers, IsEmpty());
}

TEST(SpecReader, AMissingKeyIsReportedAtItsObject) {
  const auto lines = problems("{\"agent\":\n  {}}", [](SpecReader& r) {
    SpecReader agent = r.require_child("agent", "what learns");
    double gamma = 0;
    agent.require("gamma", gamma, "discount factor", between(0, 1));
  });
  EXPECT_THAT(lines, ElementsAre("f.json:2:3: agent.gamma: missing; expected a number in [0, 1] (discount factor)"));
}

TEST(SpecReader, OfAMissingChildOnlyThatIsReported) {
  const auto read = [](SpecReader& r) {
    SpecReader agent = r.require_child("agent", "what learns");
    double gamma = 0;
    agent.require("gamma", gamma, "discount factor");
    agent.require_child("net", "the network");
    agent.choose("name", {"A"}, "which", [](const std::string&, SpecReader&) { ADD_FAILURE(); });
    EXPECT_FALSE(agent.has("gamma"));
    agent.done();
  };
  EXPECT_THAT(problems("{}", read), ElementsAre("f.json:1:1: agent: missing; expected an object (what learns)"));
  EXPECT_THAT(problems("{\"agent\": [1]}", read), ElementsAre("f.json:1:11: agent = [1]: expected an object"));
}

TEST(SpecReader, AnOptionalChildMayBeAbsentOrNull) {
  const auto read = [](SpecReader& r) { EXPECT_FALSE(r.child("schedule", "a schedule")); };
  EXPECT_THAT(problems("{}", read), IsEmpty());
  EXPECT_THAT(problems("{\"schedule\": null}", read), IsEmpty());
  EXPECT_THAT(problems("{\"schedule\": 1}", read),
              ElementsAre("f.json:1:14: schedule = 1: expected an object, or null"));
}

void read_choice(SpecReader& r) {
  r.choose("name", {"Adam", "SGD"}, "the optimiser", [](const std::string& name, SpecReader& rest) {
    double lr = 0;
    rest.read("lr", lr, "learning rate");
    if (name == "Adam") rest.read("eps", lr, "stability");
    if (name == "SGD") rest.read("momentum", lr, "momentum");
  });
  r.done();
}

TEST(SpecReader, AChoiceDecidesWhatTheOtherKeysMean) {
  EXPECT_THAT(problems(R"({"name": "sgd", "momentum": 0.9})", read_choice), IsEmpty());
  EXPECT_THAT(problems(R"({"name": "Adam", "momentum": 0.9})", read_choice),
              ElementsAre("f.json:1:18: momentum: unknown key"));
  EXPECT_THAT(problems(R"({"name": "Adan", "momentum": 0.9})", read_choice),
              ElementsAre("f.json:1:10: name = \"Adan\": expected one of Adam, SGD; did you mean Adam?"));
  EXPECT_THAT(problems(R"({"lr": 1})", read_choice),
              ElementsAre("f.json:1:1: name: missing; expected one of Adam, SGD (the optimiser)"));
}

TEST(SpecReader, AMisspeltRequiredKeyIsOneProblemNotTwo) {
  EXPECT_THAT(problems(R"({"nmae": "SGD", "lr": 1})", read_choice),
              ElementsAre("f.json:1:2: nmae: unknown key; did you mean name?"));
  const auto read = [](SpecReader& r) {
    double value = 0;
    r.require("gamma", value, "discount factor");
    r.require("lam", value, "GAE");
    r.done();
  };
  EXPECT_THAT(problems(R"({"gama": 1})", read), ElementsAre("f.json:1:1: lam: missing; expected a number (GAE)",
                                                            "f.json:1:2: gama: unknown key; did you mean gamma?"));
}

TEST(SpecReader, APrefixOverrides) {
  double actor_lr = 0, critic_lr = 0;
  const auto read = [&](SpecReader& r) {
    SpecReader actor = r.overridden_by("actor_"), critic = r.overridden_by("critic_");
    actor.require("lr", actor_lr, "learning rate", above(0));
    critic.require("lr", critic_lr, "learning rate", above(0));
    r.done();
  };
  EXPECT_THAT(problems(R"({"lr": 1, "critic_lr": 2})", read), IsEmpty());
  EXPECT_EQ(actor_lr, 1);
  EXPECT_EQ(critic_lr, 2);
  EXPECT_THAT(problems(R"({"actor_lr": 3, "critic_lr": 4})", read), IsEmpty());
  EXPECT_EQ(actor_lr, 3);
  // Found by both views, reported once.
  EXPECT_THAT(problems(R"({"lr": -1})", read), ElementsAre("f.json:1:8: lr = -1: expected a number > 0"));
  EXPECT_THAT(problems(R"({"actr_lr": 3, "lr": 1})", read),
              ElementsAre("f.json:1:2: actr_lr: unknown key; did you mean actor_lr?"));
}

TEST(SpecReader, AnInertKeyIsAcceptedAndReportedWithItsReason) {
  const JsonNode root = parse_json("{\"gpu\": \"auto\"}", "f.json");
  SpecReport report("f.json");
  SpecReader reader(&root, "", report);
  reader.inert("gpu", "no device choice");
  reader.inert("cuda_id", "no device choice");
  reader.done();
  EXPECT_THAT(report.problems(), IsEmpty());
  ASSERT_EQ(report.inert_keys().size(), 1u);
  EXPECT_EQ(report.line(report.inert_keys()[0]), "f.json:1:2: gpu = \"auto\": no device choice");
}

TEST(SpecReader, AKeyThatOthersLeaveWithoutEffectIsNotedWhereItStands) {
  const JsonNode root = parse_json(R"({"alpha_lr": 0.1, "target": null, "beta": "x"})", "f.json");
  SpecReport report("f.json");
  SpecReader reader(&root, "", report);
  double alpha_lr = 0, beta = 0;
  std::optional<double> target;
  reader.read("alpha_lr", alpha_lr, "learning rate");
  reader.read("target", target, "null: none");
  reader.read("beta", beta, "exponent");
  for (const char* key : {"alpha_lr", "target", "absent", "beta"}) reader.unused(key, "alpha is fixed");
  ASSERT_EQ(report.notes().size(), 1u) << "null asks for nothing, and a wrong value has its problem";
  EXPECT_EQ(report.line(report.notes()[0]), "f.json:1:14: alpha_lr = 0.1: not used: alpha is fixed");
}

TEST(SpecReader, AMisplacedKeyIsSentToItsObject) {
  const auto lines = problems(R"({"agent": {"gamma": 0.9}, "env": {"gamma": 0.9}, "lr": 1})", [](SpecReader& r) {
    double value = 0;
    SpecReader agent = r.require_child("agent", "what learns");
    agent.read("gamma", value, "discount factor");
    agent.read("lr", value, "learning rate");
    agent.done();
    SpecReader env = r.require_child("env", "where");
    env.done();
    r.done();
  });
  EXPECT_THAT(lines, ElementsAre("f.json:1:35: env.gamma: unknown key here; it belongs under agent",
                                 "f.json:1:50: lr: unknown key here; it belongs under agent"));
}

TEST(SpecReader, APlaceholderIsAnyValueWhereAllowed) {
  const auto read = [](SpecReader& r) {
    read_values(r);
    EXPECT_TRUE(r.has("gamma"));
  };
  EXPECT_THAT(problems(R"({"gamma": "${g}"})", read, true), IsEmpty());
  EXPECT_EQ(problems(R"({"gamma": "${g}"})", read, false).size(), 1u);
  EXPECT_EQ(problems(R"({"gamma": "x${g}"})", read, true).size(), 1u);
  EXPECT_EQ(problems(R"({"gamma": 1, "activation": "re${g}", "layers": [8, "${h}"]})", read, true).size(), 0u);
  EXPECT_EQ(problems(R"({"gamma": 1, "layers": [8, "x${h}"]})", read, true).size(), 1u);
}

TEST(SpecReader, AValueThatWasNotReadTakesPartInNoCheckAgainstAnother) {
  const auto read = [](SpecReader& r) {
    SpecReader env = r.require_child("env", "where");
    std::int64_t low = 0, high = 0;
    env.require("low", low, "from");
    env.require("high", high, "to");
    if (high < 5 && r.report().was_read("env.low")) env.problem("high", "expected at least low + 5");
  };
  EXPECT_THAT(problems(R"({"env": {"low": 1, "high": 2}})", read, true),
              ElementsAre("f.json:1:28: env.high = 2: expected at least low + 5"));
  for (const char* low : {"\"${low}\"", "1.5", "null", "\"x\""}) {
    const auto lines = problems(fmt::format(R"({{"env": {{"low": {}, "high": 2}}}})", low), read, true);
    for (const std::string& line : lines) EXPECT_THAT(line, Not(HasSubstr("low + 5"))) << low;
    EXPECT_LE(lines.size(), 1u);  // of its own fault
  }
  EXPECT_THAT(problems(R"({"env": {"high": 2}})", read), ElementsAre(HasSubstr("env.low: missing")));
  EXPECT_THAT(problems(R"({"env": 5})", read), ElementsAre(HasSubstr("env = 5: expected an object")));
  // A refused value is as if it had not been read.
  EXPECT_THAT(problems(R"({"a": 1})",
                       [](SpecReader& r) {
                         r.problem("a", "not this");
                         r.problem("a", "nor with that");
                         r.done();
                       }),
              ElementsAre(HasSubstr("unknown key"), HasSubstr("not this")));
}

TEST(SpecReport, ThrowsOneErrorWithALinePerProblem) {
  const JsonNode root = parse_json("{\"a\": 1, \"b\": 2}", "f.json");
  SpecReport report("f.json");
  SpecReader reader(&root, "", report);
  reader.done();
  try {
    report.throw_if_problems();
    FAIL();
  } catch (const SpecError& error) {
    EXPECT_STREQ(error.what(), "f.json:1:2: a: unknown key\nf.json:1:10: b: unknown key");
  }
}

TEST(SpecReader, ALongValueIsCutBetweenCharacters) {
  std::string value;
  for (int i = 0; i < 100; ++i) value += "\u20ac";  // three bytes each
  const auto lines = problems("{\"gamma\": \"" + value + "\"}", [](SpecReader& r) { read_values(r); });
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_LT(lines[0].size(), 150u);
  EXPECT_THAT(lines[0], HasSubstr("\u20ac..."));
}

}  // namespace
}  // namespace slm::reader_test
