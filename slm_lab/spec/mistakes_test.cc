#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "slm_lab/base/build_info.h"
#include "slm_lab/base/error.h"
#include "slm_lab/base/rng.h"
#include "slm_lab/spec/load.h"
#include "slm_lab/spec/meta.h"
#include "slm_lab/spec/reader.h"
#include "slm_lab/spec/report.h"
#include "slm_lab/spec/search_space.h"
#include "slm_lab/spec/template.h"

namespace slm::mistakes_test {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> shipped_texts() {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::recursive_directory_iterator(source_dir() + "/slm_lab/spec"))
    if (entry.path().extension() == ".json") paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> texts;
  for (const fs::path& path : paths) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    texts.push_back(text.str());
  }
  return texts;
}

/// All keys that shipped specs hold, each where it belongs.
void merge(const JsonNode& from, JsonNode& into) {
  for (const JsonMember& member : from.members) {
    JsonNode& value = into.at_or_insert(member.key);
    if (member.value.is(JsonNode::Kind::object)) merge(member.value, value);
  }
}
JsonNode all_known_keys() {
  JsonNode known;
  for (const std::string& text : shipped_texts())
    for (const JsonMember& spec : parse_json(text, "").members) merge(spec.value, known);
  known.at_or_insert("search") = {};
  return known;
}

/// Asks for exactly the keys of `known`.
void read_like(const JsonNode& known, SpecReader& reader) {
  for (const JsonMember& member : known.members) {
    if (member.value.members.empty())
      reader.read_json(member.key, "", "");
    else if (auto child = reader.child(member.key, ""))
      read_like(member.value, *child);
  }
  reader.done();
}

/// Every member of every object below `node`, but for those of the search block.
void collect_members(JsonNode& node, std::vector<JsonMember*>& out) {
  for (JsonMember& member : node.members) {
    if (member.key == "search") continue;
    out.push_back(&member);
    collect_members(member.value, out);
  }
}

/// One slip of the fingers.
std::string with_typo(std::string key, Rng& rng) {
  const auto at = static_cast<std::size_t>(rng.integers(0, static_cast<std::int64_t>(key.size())));
  const char letter = static_cast<char>('a' + rng.integers(0, 26));
  switch (rng.integers(0, 4)) {
    case 0:
      return key.erase(at, 1);
    case 1:
      return key.insert(at, 1, letter);
    case 2:
      key[at] = letter;
      return key;
    default:
      if (at + 1 < key.size()) std::swap(key[at], key[at + 1]);
      return key;
  }
}

TEST(MisspeltKeys, AreFoundWithTheirPlaceAndNineteenOfTwentyWithTheRightRemedy) {
  const JsonNode known = all_known_keys();
  std::vector<JsonNode> specs;
  for (const std::string& text : shipped_texts())
    for (const JsonMember& spec : parse_json(text, "").members) specs.push_back(spec.value);
  Rng rng(9);
  int planted = 0, right = 0;
  std::string wrong;
  while (planted < 400) {
    JsonNode spec = specs[static_cast<std::size_t>(rng.integers(0, static_cast<std::int64_t>(specs.size())))];
    std::vector<JsonMember*> members;
    collect_members(spec, members);
    JsonMember& member = *members[static_cast<std::size_t>(rng.integers(0, static_cast<std::int64_t>(members.size())))];
    const std::string original = member.key;
    member.key = with_typo(original, rng);
    if (member.key == original || member.key.empty()) continue;
    ++planted;
    SpecReport report("f.json");
    SpecReader reader(&spec, "", report);
    read_like(known, reader);
    const auto problems = report.problems();
    ASSERT_EQ(problems.size(), 1u) << original << " -> " << member.key;
    EXPECT_EQ(problems[0].position, member.position);
    if (problems[0].message == "unknown key; did you mean " + original + "?")
      ++right;
    else
      wrong += original + " -> " + report.line(problems[0]) + "\n";
  }
  EXPECT_GE(right, planted * 95 / 100) << wrong;
}

/// What a reader that knows a handful of keys says of `text`.
std::string refusal(const std::string& text) {
  try {
    const JsonNode root = parse_json(text, "f.json");
    SpecReport report("f.json");
    SpecReader reader(&root, "", report);
    double gamma = 0;
    std::string name;
    reader.read("gamma", gamma, "discount factor", between(0, 1));
    reader.read("name", name, "a name", one_of({"PPO", "SARSA"}));
    read_search_space(reader);
    reader.done();
    report.throw_if_problems();
  } catch (const SpecError& error) {
    return error.what();
  }
  return "";
}

TEST(LargeHostileSpecs, AreRefusedWithAShortMessageAndWithoutTakingLong) {
  constexpr int kMany = 300000;
  std::string many_keys = "{\"a0\": 1", many_searches = "{\"search\": {\"a0\": 1";
  for (int i = 1; i < kMany; ++i) {
    many_keys += ",\"a" + std::to_string(i) + "\":1";
    many_searches += ",\"a" + std::to_string(i) + "\":1";
  }
  const std::string long_word(4000000, 'g');
  for (const std::string& text :
       {many_keys + "}", many_searches + "}}", "{\"" + long_word + "\": 1}", "{\"name\": \"" + long_word + "\"}",
        "{\"gamma\": \"" + long_word + "\"}", "{\"gamma\": [" + std::string(2000000, ' ') + "]}"}) {
    const std::string message = refusal(text);
    EXPECT_FALSE(message.empty());
    EXPECT_LT(message.size(), 30000u);
  }
}

TEST(HostileKeys, PutNoControlCharactersIntoMessages) {
  const std::string message = refusal(R"({"\u001b[2J\n": 1, "name": "\u001b[2J"})");
  for (const char c : message) EXPECT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20);
  EXPECT_EQ(std::count(message.begin(), message.end(), '\n'), 1);
}

std::string mutated(std::string text, const std::vector<std::string>& others, Rng& rng) {
  const auto below = [&](std::size_t n) {
    return static_cast<std::size_t>(rng.integers(0, static_cast<std::int64_t>(n)));
  };
  static const std::vector<std::string> kTokens{"{",
                                                "}",
                                                "[",
                                                "]",
                                                ",",
                                                ":",
                                                "\"",
                                                "null",
                                                "true",
                                                "1e999",
                                                "-1e-9",
                                                "${k",
                                                "${key}",
                                                "\\u0000",
                                                "\xff\xfe",
                                                "NaN",
                                                "9223372036854775808",
                                                "__uniform",
                                                "\"a\":",
                                                "[[[[[[[[[[[[[[[["};
  for (std::int64_t i = rng.integers(1, 6); i > 0; --i) {
    const std::size_t at = below(text.size() + 1);
    switch (rng.integers(0, 5)) {
      case 0:
        text.insert(at, kTokens[below(kTokens.size())]);
        break;
      case 1:
        text.erase(at, below(20));
        break;
      case 2:
        if (at < text.size()) text[at] = static_cast<char>(rng.integers(0, 256));
        break;
      case 3:
        text.insert(at, text.substr(below(text.size() + 1), below(60)));
        break;
      default: {
        const std::string& other = others[below(others.size())];
        text.insert(at, other.substr(below(other.size()), below(80)));
      }
    }
  }
  return text;
}

TEST(DamagedSpecs, AreReadOrRefusedButNeverCrash) {
  const std::vector<std::string> texts = shipped_texts();
  const JsonNode known = all_known_keys();
  const TemplateValues values{{"key", "4e6"}, {"k", "x\"y"}};
  Rng rng(7);
  int parsed = 0;
  for (int i = 0; i < 4000; ++i) {
    const std::string text = mutated(texts[static_cast<std::size_t>(i) % texts.size()], texts, rng);
    try {
      const FilledTemplate filled(text, values);
      const JsonNode file = parse_json(filled.text(), "f.json", filled.locate(text));
      for (const JsonMember& spec : file.members) {
        ++parsed;
        SpecReport report("f.json");
        report.allow_placeholders = i % 2 == 0;
        SpecReader reader(&spec.value, "", report);
        read_like(known, reader);
        if (auto meta = reader.child("meta", "")) read_meta_config(*meta);
        if (reader.object() && reader.object()->is(JsonNode::Kind::object)) read_search_space(reader);
        for (const SpecFinding& finding : report.problems()) EXPECT_FALSE(report.line(finding).empty());
        placeholders_left(spec.value);
        // What can be read can be saved and read again.
        EXPECT_EQ(to_canonical_json(parse_json(to_json(spec.value), "")), to_canonical_json(spec.value));
      }
    } catch (const SpecError& error) {
      EXPECT_TRUE(std::string_view(error.what()).starts_with("f.json:")) << error.what();
    }
  }
  EXPECT_GT(parsed, 100);  // not all damage is to the grammar
}

}  // namespace
}  // namespace slm::mistakes_test
