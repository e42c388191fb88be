#include "slm_lab/spec/search_space.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "slm_lab/spec/report.h"

namespace slm::search_space_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Read {
  std::vector<SearchDimension> dimensions;
  std::vector<std::string> problems, notes;
};

/// Reads {"agent": {"gamma": 0.9, "layers": [64]}, "search": `search`}, of which gamma, lam, layers and the letters are
/// legal keys.
Read read(const std::string& search) {
  const JsonNode root =
      parse_json("{\"agent\": {\"gamma\": 0.9, \"layers\": [64]},\n\"search\": " + search + "}", "f.json");
  SpecReport report("f.json");
  SpecReader reader(&root, "", report);
  SpecReader agent = reader.require_child("agent", "");
  double value = 0;
  std::vector<int> layers;
  agent.read("gamma", value, "");
  agent.read("lam", value, "");
  for (const char* letter : {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"}) agent.read(letter, value, "");
  agent.read("layers", layers, "");
  agent.done();
  Read out{read_search_space(reader), {}, {}};
  reader.done();
  for (const auto& finding : report.problems()) out.problems.push_back(report.line(finding));
  for (const auto& finding : report.notes()) out.notes.push_back(report.line(finding));
  return out;
}

TEST(ReadSearchSpace, NestingAndDotsMeanTheSame) {
  for (const std::string text :
       {R"({"agent": {"gamma__uniform": [0.9, 0.99]}})", R"({"agent.gamma__uniform": [0.9, 0.99]})"}) {
    const Read r = read(text);
    EXPECT_THAT(r.problems, IsEmpty());
    EXPECT_THAT(r.notes, IsEmpty());
    ASSERT_EQ(r.dimensions.size(), 1u);
    EXPECT_EQ(r.dimensions[0].path, "agent.gamma");
    EXPECT_EQ(r.dimensions[0].distribution, SearchDistribution::uniform);
    EXPECT_THAT(r.dimensions[0].args, ElementsAre(0.9, 0.99));
  }
}

TEST(ReadSearchSpace, ReadsEveryDistribution) {
  const Read r = read(R"({"agent": {"gamma__uniform": [0, 1], "a__quniform": [0, 1, 0.5], "b__loguniform": [1e-5, 1],
      "c__qloguniform": [1, 9, 2], "d__randint": [0, 5], "e__qrandint": [0, 10, 5], "f__lograndint": [1, 8],
      "g__qlograndint": [1, 8, 1], "h__randn": [0, 1], "i__qrandn": [0, 1, 0.5], "j__choice": [1, "x", null, [64]]}})");
  EXPECT_THAT(r.problems, IsEmpty());
  std::vector<std::string> names;
  for (const SearchDimension& d : r.dimensions) names.push_back(to_string(d.distribution));
  EXPECT_THAT(names, ElementsAre("uniform", "quniform", "loguniform", "qloguniform", "randint", "qrandint",
                                 "lograndint", "qlograndint", "randn", "qrandn", "choice"));
  EXPECT_EQ(r.dimensions[10].choices.size(), 4u);
}

TEST(ReadSearchSpace, TheBaseOfALogarithmIsIgnoredAndTheStepOfQrandintIs1) {
  const Read r = read(R"({"agent": {"gamma__loguniform": [1, 10, 2], "lam__qrandint": [1, 10]}})");
  EXPECT_THAT(r.dimensions[0].args, ElementsAre(1, 10));
  EXPECT_THAT(r.dimensions[1].args, ElementsAre(1, 10, 1));
}

TEST(ReadSearchSpace, RefusesAPathThatNobodyReads) {
  const Read r =
      read(R"({"agent": {"lam__uniform": [0, 1], "layers[0]__choice": [32, 64]}, "agent.gama__uniform": [0, 1]})");
  EXPECT_THAT(r.problems,
              ElementsAre("f.json:2:78: search.agent.gama__uniform: nothing is read from agent.gama; did you "
                          "mean agent.gamma?"));
  EXPECT_EQ(r.dimensions.size(), 2u);  // lam is not in the spec, but a legal key
}

TEST(ReadSearchSpace, NotesThePathsOfOldFilesThatNothingReads) {
  const Read r = read(R"({"agent.net.lr_decay_frequency__choice": [1, 2]})");
  EXPECT_THAT(r.problems, IsEmpty());
  EXPECT_THAT(r.notes, ElementsAre(HasSubstr("nothing is read from agent.net.lr_decay_frequency since SLM-Lab 4")));
  EXPECT_TRUE(r.dimensions[0].inert);
}

TEST(ReadSearchSpace, RefusesWhatCannotBeSampled) {
  const auto problem = [](const std::string& search) {
    const Read r = read(search);
    EXPECT_EQ(r.problems.size(), 1u) << search;
    return r.problems.empty() ? "" : r.problems[0];
  };
  EXPECT_THAT(
      problem(R"({"agent": {"gamma__unifrom": [0, 1]}})"),
      HasSubstr("f.json:2:22: search.agent.gamma__unifrom: no distribution \"unifrom\"; did you mean uniform?"));
  EXPECT_THAT(problem(R"({"agent": {"gamma__grid_search": [0, 1]}})"), HasSubstr("__choice"));
  EXPECT_THAT(problem(R"({"agent": {"gamma": [0, 1]}})"), HasSubstr("expected PATH__DISTRIBUTION"));
  EXPECT_THAT(problem(R"({"agent": {"gamma__x__uniform": [0, 1]}})"), HasSubstr("expected PATH__DISTRIBUTION"));
  EXPECT_THAT(problem(R"({"agent": {"gamma__uniform": [1, 0]}})"), HasSubstr("low must be < high"));
  EXPECT_THAT(problem(R"({"agent": {"gamma__uniform": [0, 1, 2]}})"), HasSubstr("2 numbers, not 3"));
  EXPECT_THAT(problem(R"({"agent": {"gamma__uniform": 1}})"), HasSubstr("a list that is not empty"));
  EXPECT_THAT(problem(R"({"agent": {"gamma__uniform": [0, "1"]}})"), HasSubstr("\"1\" is no number"));
  EXPECT_THAT(problem(R"({"agent": {"gamma__loguniform": [0, 1]}})"), HasSubstr("low must be > 0"));
  EXPECT_THAT(problem(R"({"agent": {"gamma__randint": [0, 1.5]}})"), HasSubstr("1.5 is no integer"));
  EXPECT_THAT(problem(R"({"agent": {"gamma__quniform": [0, 1, 0]}})"), HasSubstr("step must be > 0"));
  EXPECT_THAT(problem(R"({"agent": {"gamma__randn": [0, -1]}})"), HasSubstr("standard deviation"));
  EXPECT_THAT(problem(R"({"agent": {"gamma__choice": []}})"), HasSubstr("not empty"));
  EXPECT_THAT(problem(R"({"agent": {"gamma__uniform": [-1e308, 1e308]}})"), HasSubstr("too large"));
  EXPECT_THAT(problem(R"({"agent": {"gamma__randn": [0, 1e308]}})"), HasSubstr("too large"));
  EXPECT_THAT(problem(R"({"agent": {"gamma__quniform": [0, 1, 1e-300]}})"), HasSubstr("more than 1e+15 numbers"));
  EXPECT_THAT(problem(R"({"agent": {"gamma__randint": [0, 4000000000000000000]}})"), HasSubstr("more than 1e+15"));
  EXPECT_THAT(problem("[1]"), HasSubstr("search = [1]: expected an object"));
}

}  // namespace
}  // namespace slm::search_space_test
