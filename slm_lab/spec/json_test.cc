#include "slm_lab/spec/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "slm_lab/base/error.h"

namespace slm::json_test {
namespace {

std::string error_of(std::string_view text) {
  try {
    parse_json(text, "f.json");
  } catch (const SpecError& error) {
    return error.what();
  }
  return "";
}

TEST(ParseJson, KnowsWhereEveryKeyAndValueStands) {
  const JsonNode root = parse_json(
      "{\n"
      "  \"a\": -1.5e3,\n"
      "  \"b\": {\"c\" : [true,\tnull, \"x\\\"y\"]}\n"
      "}\n",
      "f.json");
  EXPECT_EQ(root.position, (Position{1, 1}));
  const JsonMember& a = *root.find_member("a");
  EXPECT_EQ(a.position, (Position{2, 3}));
  EXPECT_EQ(a.value.position, (Position{2, 8}));
  EXPECT_EQ(a.value.number, -1500);
  EXPECT_EQ(a.value.text, "-1.5e3");
  const JsonNode& c = *root.find("b")->find("c");
  EXPECT_EQ(root.find("b")->find_member("c")->position, (Position{3, 9}));
  EXPECT_EQ(c.position, (Position{3, 15}));
  EXPECT_EQ(c.elements[0].position, (Position{3, 16}));
  EXPECT_EQ(c.elements[1].position, (Position{3, 22}));
  EXPECT_EQ(c.elements[2].position, (Position{3, 28}));
  EXPECT_EQ(c.elements[2].text, "x\"y");
}

TEST(ParseJson, ColumnsCountCharacters) {
  const JsonNode root = parse_json("{\"\u00e9\u20ac\": 1, \"b\": 2}", "f.json");
  EXPECT_EQ(root.find("b")->position, (Position{1, 16}));
}

TEST(ParseJson, AByteOrderMarkIsNoCharacterOfTheText) {
  EXPECT_EQ(parse_json("\xEF\xBB\xBF\n{\"a\": 1}", "f.json").find("a")->position, (Position{2, 7}));
}

TEST(ParseJson, AnIntegerMayBeWrittenWithAnExponent) {
  const auto integer = [](std::string_view text) { return parse_json(text, "f").integer(); };
  EXPECT_EQ(integer("1000000"), 1000000);
  EXPECT_EQ(integer("1e6"), 1000000);
  EXPECT_EQ(integer("2.50e1"), 25);
  EXPECT_EQ(integer("-0"), 0);
  EXPECT_EQ(integer("9223372036854775807"), INT64_MAX);
  EXPECT_EQ(integer("9223372036854775808"), std::nullopt);
  EXPECT_EQ(integer("0.5"), std::nullopt);
  EXPECT_EQ(integer("1e300"), std::nullopt);
  EXPECT_FALSE(parse_json("1e6", "f").is_integer);
  EXPECT_TRUE(parse_json("1000000", "f").is_integer);
}

TEST(ParseJson, RefusesWhatIsNotStrictJson) {
  EXPECT_THAT(error_of("{\"a\": 1,\n \"a\": 2}"),
              testing::StrEq("f.json:2:2: duplicate key \"a\"; it stands already at 1:2"));
  EXPECT_THAT(error_of("{\"a\": [1,\n  2,]}"), testing::HasSubstr("f.json:2:5: unexpected ']' after a comma"));
  EXPECT_THAT(error_of("{\"a\": 1,}"), testing::HasSubstr("f.json:1:9: unexpected '}' after a comma"));
  EXPECT_THAT(error_of("{\n// no\n}"), testing::StrEq("f.json:2:1: JSON has no comments"));
  EXPECT_THAT(error_of("{\"a\":\n 1e999}"), testing::StrEq("f.json:2:2: 1e999 is too large for a number"));
  EXPECT_THAT(error_of("{\"a\": NaN}"), testing::StartsWith("f.json:1:7: "));
  EXPECT_THAT(error_of("{\"a\": Infinity}"), testing::StartsWith("f.json:1:7: "));
  EXPECT_THAT(error_of("{\"a\": 01}"), testing::StartsWith("f.json:1:"));
  EXPECT_THAT(error_of("{\"a\" 1}"), testing::StartsWith("f.json:1:6: "));
  EXPECT_THAT(error_of("{\"a\": \"x\n\"}"), testing::StartsWith("f.json:1:"));
  EXPECT_THAT(error_of("{\"a\": \"\xff\"}"), testing::StartsWith("f.json:1:8: "));
  EXPECT_THAT(error_of("{\"a\": \"\\u0000\"}"), testing::HasSubstr("1:7"));
  EXPECT_THAT(error_of(std::string_view("{}\0x", 4)), testing::HasSubstr("1:3: a zero byte"));
  EXPECT_THAT(error_of("{} {}"), testing::StartsWith("f.json:1:4: "));
  EXPECT_THAT(error_of("{\"a\": [1"), testing::HasSubstr("ends too early"));
  EXPECT_THAT(error_of(" \n"), testing::HasSubstr("nothing in it"));
  EXPECT_THAT(error_of(""), testing::HasSubstr("f.json:1:1: "));
}

TEST(ParseJson, RefusesDeepAndLargeTexts) {
  const auto nested = [](int depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_EQ(error_of(nested(kMaxJsonDepth)), "");
  EXPECT_THAT(error_of(nested(kMaxJsonDepth + 1)), testing::StrEq("f.json:1:65: nested deeper than 64 levels"));
  EXPECT_THAT(error_of(std::string(100000, '[')), testing::HasSubstr("nested deeper"));
  EXPECT_THAT(error_of(std::string(kMaxJsonBytes + 1, ' ')), testing::HasSubstr("bytes"));
}

TEST(ToJson, KeepsOrderAndSpelling) {
  const std::string text =
      "{\n"
      "  \"b\": 1e6,\n"
      "  \"a\": [1, \"x\", null],\n"
      "  \"c\": [\n"
      "    [1, 2],\n"
      "    [3, 4]\n"
      "  ],\n"
      "  \"d\": {},\n"
      "  \"e\": {\n"
      "    \"f\": \"q\\\"\\\\\\n\"\n"
      "  }\n"
      "}\n";
  // A list of lists has plain rows; each row stands on a line of its own.
  EXPECT_EQ(to_json(parse_json(text, "f")), text);
}

TEST(ToCanonicalJson, DependsOnTheMeaningAlone) {
  EXPECT_EQ(to_canonical_json(parse_json("{\"b\": 1e6, \"a\": 0.50}", "f")),
            to_canonical_json(parse_json("{\"a\":5e-1,\n\"b\":1000000}", "f")));
  EXPECT_EQ(to_canonical_json(parse_json("{\"b\": [1, {\"d\": null, \"c\": true}], \"a\": \"x\"}", "f")),
            "{\"a\":\"x\",\"b\":[1,{\"c\":true,\"d\":null}]}");
}

}  // namespace
}  // namespace slm::json_test
