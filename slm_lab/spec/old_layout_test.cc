#include "slm_lab/spec/old_layout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "slm_lab/base/error.h"

namespace slm::old_layout_test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

struct Upgraded {
  std::string json;
  std::vector<std::string> changes;
};
Upgraded upgraded(std::string_view text) {
  JsonNode spec = parse_json(text, "f.json");
  const auto changes = upgrade_layout(spec);
  return {to_json_line(spec), changes};
}

std::string refusal_before_4(std::string_view text) {
  try {
    refuse_before_4(parse_json(text, "f.json"), "f.json");
  } catch (const SpecError& error) {
    return error.what();
  }
  return "";
}

TEST(OldLayout, IsRefusedAsAWholeBeforeVersion4) {
  for (const char* key : {"max_tick", "max_total_t", "max_epi", "max_timestep", "max_episode"})
    EXPECT_THAT(refusal_before_4(R"({"env": [{"name": "CartPole-v0", ")" + std::string(key) + R"(": 9}], "body": {}})"),
                testing::StartsWith("f.json:1:34: env." + std::string(key) + ": a spec of SLM-Lab 1 to 3"));
  for (const char* later : {R"({"env": [{"name": "CartPole-v0", "max_frame": 9, "max_tick": 9}], "body": {}})",
                            R"({"env": [{"name": "CartPole-v0"}], "body": {}})", R"({"env": {"max_tick": 9}})",
                            R"({"env": [{"max_tick": 9}, {"max_tick": 9}], "body": {}})", "{}", "[]", "1"})
    EXPECT_EQ(refusal_before_4(later), "") << later;
}

TEST(OldLayout, IsRewrittenAndEachChangeNamed) {
  const Upgraded spec = upgraded(R"({
    "agent": [{"name": "DQN"}],
    "env": [{"name": "LunarLander-v2", "normalize_state": false, "max_frame": 2000}],
    "body": {"product": "outer", "num": 1},
    "meta": {"search": "RandomSearch", "eval_frequency": 500},
    "spec_params": {"env": ["a", "b"]},
    "search": {"agent": [{"algorithm": {"gamma__grid_search": [0.9, 0.99]}}]}
  })");
  EXPECT_EQ(spec.json, R"({"agent": {"name": "DQN"}, "env": {"name": "LunarLander-v3", "max_frame": 2000}, )"
                       R"("meta": {"eval_frequency": 500, "log_frequency": 500}, )"
                       R"("search": {"agent": {"algorithm": {"gamma__choice": [0.9, 0.99]}}}})");
  EXPECT_THAT(spec.changes, ElementsAre("agent and env are objects, not lists of one", "no body",
                                        "no spec_params: a run is one spec; give its values with -s", "no meta.search",
                                        "meta.log_frequency = 500, as eval_frequency", "no env.normalize_state",
                                        "LunarLander-v2 is LunarLander-v3", "__grid_search is __choice"));
}

TEST(OldLayout, AtariIsWhatItsWrappersMadeOfIt) {
  const Upgraded spec = upgraded(R"({"agent": [{}], "env": [{"name": "PongNoFrameskip-v4", "frame_op": "concat",
      "frame_op_len": 4, "image_downsize": [84, 84], "reward_scale": "sign"}]})");
  EXPECT_EQ(spec.json, R"({"agent": {}, "env": {"name": "PongNoFrameskip-v4", "reward_scale": "sign", "stack_num": 4, )"
                       R"("frameskip": 4, "life_loss_info": true}})");
  EXPECT_THAT(spec.changes,
              ElementsAre("agent and env are objects, not lists of one", "env.stack_num = 4 instead of frame_op",
                          "env.frameskip = 4, as its wrappers did", "env.life_loss_info = true, as its wrappers did",
                          "no env.image_downsize: screens are 84 x 84"));
  // What a spec says itself stands; other sizes stay, to be refused; other environments have stacks of their own.
  EXPECT_EQ(upgraded(R"({"agent": [{}], "env": [{"name": "PongNoFrameskip-v4", "frameskip": 2, "episodic_life": true,
      "image_downsize": [64, 64]}]})")
                .json,
            R"({"agent": {}, "env": {"name": "PongNoFrameskip-v4", "frameskip": 2, "episodic_life": true, )"
            R"("image_downsize": [64, 64]}})");
  EXPECT_EQ(
      upgraded(R"({"agent": [{}], "env": [{"name": "CartPole-v0", "frame_op": "concat", "frame_op_len": 4}]})").json,
      R"({"agent": {}, "env": {"name": "CartPole-v0", "frame_op": "concat", "frame_op_len": 4}})");
}

TEST(OldLayout, AShortRunHasThreeLogPoints) {
  const Upgraded spec = upgraded(R"({"agent": [{}], "env": [{"max_frame": 1000}], "meta": {"eval_frequency": 500}})");
  EXPECT_EQ(spec.json,
            R"({"agent": {}, "env": {"max_frame": 1000}, "meta": {"eval_frequency": 500, "log_frequency": 333}})");
  EXPECT_THAT(spec.changes, Contains("meta.log_frequency = 333, a third of max_frame"));
}

TEST(OldLayout, TodaysLayoutIsLeftAlone) {
  constexpr const char* kToday =
      R"({"agent": {}, "env": {"name": "LunarLander-v2"}, "meta": {"eval_frequency": 5}, "search": {"a__choice": [1]}})";
  EXPECT_EQ(upgraded(kToday).json, kToday);
  EXPECT_THAT(upgraded(kToday).changes, IsEmpty());
  EXPECT_THAT(upgraded("[]").changes, IsEmpty());
  EXPECT_THAT(upgraded("{}").changes, IsEmpty());
}

TEST(OldLayout, GridsAreReadInTodaysLayoutToo) {
  const Upgraded spec = upgraded(
      R"({"agent": {}, "env": {"name": "LunarLander-v2"}, "search": {"agent": {"gamma__grid_search": [0.9, 0.99]}}})");
  EXPECT_EQ(spec.json,
            R"({"agent": {}, "env": {"name": "LunarLander-v2"}, "search": {"agent": {"gamma__choice": [0.9, 0.99]}}})");
  EXPECT_THAT(spec.changes, ElementsAre("__grid_search is __choice"));
  EXPECT_THAT(upgraded(R"({"agent": {}, "search": [{"a__grid_search": [1]}]})").changes, IsEmpty());
}

TEST(OldLayout, WhatHasNoCounterpartStaysForTheReaderToRefuse) {
  constexpr const char* kTwo = R"({"agent": [{}, {}], "env": [{}], "body": {"num": 2}})";
  EXPECT_EQ(upgraded(kTwo).json, R"({"agent": [{}, {}], "env": {}})");
  constexpr const char* kNothing = R"({"agent": [], "env": [1]})";
  EXPECT_EQ(upgraded(kNothing).json, kNothing);
  // A key that stands twice after the renaming would hide one of the two.
  EXPECT_EQ(upgraded(R"({"agent": [{}], "search": {"a__choice": [1], "a__grid_search": [2]}})").json,
            R"({"agent": {}, "search": {"a__choice": [1], "a__grid_search": [2]}})");
}

std::string blanked(std::string json) {
  blank_trailing_commas(json);
  return json;
}

TEST(TrailingCommas, BecomeSpaces) {
  EXPECT_EQ(blanked(R"({"a": [1, 2,], "b": {"c": "x",},})"), R"({"a": [1, 2 ], "b": {"c": "x" } })");
  EXPECT_EQ(blanked("[1,\n \t]"), "[1 \n \t]");
  std::string text = R"({"a": 1, "b": [2,]})";
  EXPECT_EQ(blank_trailing_commas(text), 16u);
  EXPECT_EQ(blank_trailing_commas(text), std::nullopt);
}

TEST(TrailingCommas, InStringsAndWhereAValueIsMissingStay) {
  for (const char* text : {R"({"a,}": "b,]"})", R"(["\",]"])", "[,]", "{,}", "[1,,]", R"({"a":,})", "[1, 2]", ",", "",
                           R"(["\\", "a,]"])", "\"", "\"\\"})
    EXPECT_EQ(blanked(text), text);
}

}  // namespace
}  // namespace slm::old_layout_test
