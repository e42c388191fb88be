#include "slm_lab/spec/difference.h"

#include <gtest/gtest.h>

namespace slm::difference_test {
namespace {

std::string text(const char* before, const char* after) {
  std::string out;
  for (const SpecDifference& d : spec_differences(parse_json(before, "a"), parse_json(after, "b")))
    out += d.path + ": " + d.before + " -> " + d.after + "\n";
  return out;
}

TEST(SpecDifferences, AreNamedByPath) {
  EXPECT_EQ(text(R"({"a": {"b": 1, "c": [1, 2]}})", R"({"a": {"c": [1, 2], "b": 1.0}})"), "");
  EXPECT_EQ(text(R"({"a": {"b": 1e6, "c": 2}})", R"({"a": {"b": 1000000, "c": 3}})"), "a.c: 2 -> 3\n");
  EXPECT_EQ(text(R"({"a": {"b": 1}})", R"({"a": {"c": 1}})"), "a.b: 1 -> nothing\na.c: nothing -> 1\n");
  EXPECT_EQ(text(R"({"a": {"b": 1}})", R"({"a": null})"), "a: {\"b\": 1} -> null\n");
}

TEST(SpecDifferences, KnowWhatTheCommandLineSaid) {
  const JsonNode before = parse_json(R"({"a": {"b": 1}})", "a");
  JsonNode after = parse_json(R"({"a": {"b": 2}})", "b");
  EXPECT_FALSE(spec_differences(before, after).at(0).by_option);
  after.find("a")->find("b")->origin = "--override";
  EXPECT_TRUE(spec_differences(before, after).at(0).by_option);
}

}  // namespace
}  // namespace slm::difference_test
