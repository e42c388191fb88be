// The pages of docs/ against the program: what is generated is what the program prints, what is written by hand names
// what there is, and nothing else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>

#include "slm_lab/algorithm/registry.h"
#include "slm_lab/base/build_info.h"
#include "slm_lab/base/file.h"
#include "slm_lab/report/record.h"
#include "slm_lab/spec/load.h"
#include "tests/support/process.h"
#include "tests/support/prose.h"
#include "tests/support/run_folder.h"
#include "tests/support/scratch_folder.h"

namespace slm {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
namespace fs = std::filesystem;
using Words = std::set<std::string>;

std::string page(const std::string& name) { return read_file(fs::path(source_dir()) / "docs" / name); }

std::string printed(const std::vector<std::string>& arguments) { return run_program(slm_lab(arguments)).out; }

/// Every match of the pattern; of its group, if it has one.
Words matches(const std::string& text, const std::string& pattern) {
  const std::regex regex(pattern);
  Words found;
  const int group = regex.mark_count() > 0 ? 1 : 0;
  for (std::sregex_token_iterator it(text.begin(), text.end(), regex, group), end; it != end; ++it) found.insert(*it);
  return found;
}

Words words(const std::string& text) { return matches(text, "[A-Za-z_][A-Za-z0-9_]*"); }

Words without(const Words& all, const Words& known) {
  Words left;
  std::ranges::set_difference(all, known, std::inserter(left, left.end()));
  return left;
}

/// The pages of docs/algorithms, by file name.
std::vector<std::string> algorithm_pages() {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(fs::path(source_dir()) / "docs/algorithms"))
    names.push_back("algorithms/" + entry.path().filename().string());
  std::ranges::sort(names);
  return names;
}

/// What stands in the first column of the table whose head begins so.
std::string first_column(const std::string& text, const std::string& head) {
  std::istringstream lines(text.substr(text.find("\n| " + head) + 1));
  std::string column, line;
  std::getline(lines, line);
  while (std::getline(lines, line) && line.starts_with("|")) column += line.substr(0, line.find(" |", 2)) + "\n";
  return column;
}

/// What stands in the second columns of all tables.
std::string second_columns(const std::string& text) {
  std::istringstream lines(text);
  std::string columns, line;
  while (std::getline(lines, line))
    if (line.starts_with("| ")) {
      const std::size_t begin = line.find(" | ") + 3;
      columns += line.substr(begin, line.find(" |", begin) - begin) + "\n";
    }
  return columns;
}

Words shipped_spec_names() {
  Words names;
  for (const std::string& file : shipped_spec_files(source_dir())) {
    const auto specs = nlohmann::json::parse(read_file(fs::path(source_dir()) / "slm_lab/spec" / file));
    for (const auto& [name, spec] : specs.items()) names.insert(name);
  }
  return names;
}

/// Names in `code`, apart from paths, commands and what stands in `more`.
Words quoted_names(const std::string& text, const Words& more) {
  Words names;
  for (const std::string& code : matches(text, "`([^`]+)`")) {
    if (code.find('/') != code.npos || code.starts_with("slm-lab ")) continue;
    for (const std::string& word : words(code))
      if (!more.contains(word)) names.insert(word);
  }
  return names;
}

TEST(Pages, SpecIsWhatTheProgramPrints) {
  EXPECT_TRUE(page("spec.md") == printed({"spec", "docs"}))
      << "docs/spec.md is old; make it anew: slm-lab spec docs > docs/spec.md";
}

TEST(Pages, TheSpecInTenLinesRuns) {
  const std::string text = page("own-spec.md");
  const std::size_t begin = text.find("```json\n") + 8;
  const ScratchFolder scratch;
  write_file_durably(scratch / "spec.json", text.substr(begin, text.find("```", begin) - begin));
  const ProcessOptions here{.environment = {}, .folder = scratch.path()};
  const ProcessResult check = run_program(slm_lab({"spec", "check", "spec.json"}), here);
  EXPECT_EQ(check.exit_code, 0) << check.err;
  EXPECT_THAT(check.out, Not(HasSubstr("inert")));
  EXPECT_EQ(run_program(slm_lab({"spec.json", "train", "--override", "env.max_frame=3000"}), here).exit_code, 0);
}

TEST(Pages, AlgorithmsHasARowForEachAndNoOther) {
  Words known;
  for (const AlgorithmEntry& entry : algorithm_table()) known.emplace(entry.name);
  EXPECT_EQ(matches(first_column(page("algorithms.md"), "`algorithm.name` | paper"), "`([^`]+)`"), known);
  const std::string memories = printed({"names", "memory"});
  for (const std::string& memory : matches(memories, "\n  ([A-Za-z]+)"))
    EXPECT_THAT(page("algorithms.md"), HasSubstr("`" + memory + "`"));
}

// A key that was renamed, an algorithm or a spec that went: the page that still names it is wrong.
TEST(Pages, NameOnlyWhatThereIs) {
  Words known = words(printed({"spec", "docs"}) + printed({"names"}));
  known.merge(shipped_spec_names());
  for (const Column& column : kColumns) known.emplace(column.name);
  const Words not_shipped = {"vanilla_dqn_boltzmann_cartpole", "sarsa_epsilon_greedy_cartpole_final"};
  EXPECT_EQ(without(not_shipped, known), not_shipped);
  Words more = not_shipped;
  more.merge(Words{"NaN", "exp", "latest", "train"});
  EXPECT_THAT(without(quoted_names(page("differences.md"), more), known), IsEmpty());
  EXPECT_THAT(without(quoted_names(page("algorithms.md"), {}), known), IsEmpty());
  for (const std::string& name : algorithm_pages())
    EXPECT_THAT(without(quoted_names(prose(page(name)), {}), known), IsEmpty()) << name;
}

// The second column of its tables is ours; the others hold words of those that the reader comes from.
TEST(Pages, ForNewcomersNameOnlyWhatThereIs) {
  Words known = words(printed({"spec", "docs"}) + printed({"names"}) + page("cli.md"));
  for (const Column& column : kColumns) known.emplace(column.name);
  const std::string column = second_columns(page("coming_from.md"));
  EXPECT_GT(quoted_names(column, {}).size(), 60u);
  EXPECT_THAT(without(quoted_names(column, {"load_policy"}), known), IsEmpty());
}

TEST(Pages, EveryAlgorithmHasOneWithTheSameSections) {
  Words described, keys;
  for (const std::string& name : algorithm_pages()) {
    const std::string text = page(name);
    std::vector<std::string> headings;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);)
      if (line.starts_with("## ")) headings.push_back(line.substr(3));
    EXPECT_THAT(headings, ElementsAre("Equations", "Keys", "Run it", "What to look at", "Common mistakes")) << name;
    EXPECT_THAT(text, HasSubstr("](../../slm_lab/algorithm/")) << name << " does not say which file it describes";
    EXPECT_THAT(text, HasSubstr("./slm-lab run slm_lab/spec/benchmark/")) << name;
    described.merge(matches(text, "`([A-Za-z0-9]+)`"));
    keys.merge(matches(text, "<!-- keys: ([A-Za-z0-9]+) -->"));
  }
  for (const AlgorithmEntry& entry : algorithm_table())
    EXPECT_TRUE(entry.name == "Random" || described.contains(std::string(entry.name))) << entry.name;
  EXPECT_THAT(without(keys, words(page("spec.md"))), IsEmpty());
}

TEST(Pages, DifferencesListsSpecsThatAreShipped) {
  const Words listed = matches(first_column(page("differences.md"), "Spec | Change"), "`([^`]+)`");
  EXPECT_GT(listed.size(), 10u);
  EXPECT_THAT(without(listed, shipped_spec_names()), IsEmpty());
}

TEST(Pages, CommandsHaveEveryOptionAndNoOther) {
  const std::string pages = page("cli.md") + page("benchmark.md");
  const Words documented = matches(pages, "[^-](--[a-z][a-z-]+)");
  Words known = {"--version", "--help", "--asan", "--tsan", "--debug", "--repeat", "--mutants", "--fix"};
  for (const std::string command : {"run", "enjoy", "benchmark", "spec\ncheck", "names", "rollout", "digest",
                                    "completion", "version", "doctor", "list", "plot", "report", "diff", "repro"})
    known.merge(matches(printed({"candidates", "--words=\n" + command + "\n--"}), "(--[a-z-]+)\t"));
  const Words launcher = {"--asan", "--tsan", "--debug", "--repeat", "--mutants", "--fix"};
  EXPECT_THAT(without(documented, known), IsEmpty());
  EXPECT_THAT(without(without(known, launcher), documented), IsEmpty());
}

TEST(Pages, OfTheCommandLineNameEveryCommand) {
  const std::string page_of_commands = page("cli.md");
  for (const std::string& command : without(matches(printed({"candidates", "--words=\n"}), "([a-z-]+)\t"), {"help"}))
    EXPECT_THAT(page_of_commands, HasSubstr("`slm-lab " + command));
}

}  // namespace
}  // namespace slm
