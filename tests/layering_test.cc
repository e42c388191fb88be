#include "slm_lab/base/build_info.h"
// The architecture as a table: which folder under slm_lab/ may include which (docs/architecture.md).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace {

using testing::ElementsAre;
using testing::IsEmpty;
namespace fs = std::filesystem;

const std::map<std::string, std::set<std::string>> kMayInclude = {
    {"base", {}},
    {"spec", {"base"}},
    {"env", {"base", "spec"}},
    {"net", {"base", "spec"}},
    {"memory", {"base", "spec", "env"}},
    {"algorithm", {"base", "spec", "env", "net", "memory"}},
    {"search", {"base", "spec"}},
    {"report", {"base"}},
    {"store", {"base", "spec", "report"}},
    {"experiment", {"base", "spec", "env", "net", "memory", "algorithm", "search", "report", "store"}},
    {"dashboard", {"base", "spec", "env", "net", "memory", "algorithm", "search", "report", "store", "experiment"}},
    {"benchmark", {"base", "spec", "env", "net", "memory", "algorithm", "search", "report", "store", "experiment"}},
    {"hub", {"base", "spec", "env", "net", "memory", "algorithm", "search", "report", "store", "experiment"}},
    {"cli",
     {"base", "spec", "env", "net", "memory", "algorithm", "search", "report", "store", "experiment", "dashboard",
      "benchmark", "hub"}},
};
const std::set<std::string> kMayPrint = {"experiment", "benchmark", "hub", "cli"};

/// What `text`, the file `path` (relative to slm_lab/), does that its layer may not: one line per offence.
std::vector<std::string> offences(const fs::path& path, const std::string& text) {
  static const std::regex kInclude(R"(^\s*#\s*include\s*["<]([^">]+)[">])");
  static const std::regex kOurs(R"(^slm_lab/([a-z0-9_]+)/.+\.(h|inc)$)");
  static const std::regex kTestsOnly(R"((tests/support|gtest|gmock)/.+\.h)");
  static const std::regex kPrint(R"(std::(cout|cerr|clog|puts|fputs)|(^|[^a-z_])f?printf\s*\(|fmt::print\s*\()");
  const std::string layer = path.begin()->string();
  const bool is_test = path.string().ends_with("_test.cc");
  const bool may_print = kMayPrint.contains(layer) || is_test;
  const auto row = kMayInclude.find(layer);
  if (row == kMayInclude.end()) return {layer + " is not a layer"};

  std::vector<std::string> found;
  std::istringstream lines(text);
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    const std::string at = std::to_string(number) + ": ";
    std::smatch include, ours;
    // The plain searches come first because std::regex takes its time, most of all under sanitizers.
    if (line.find("include") != line.npos && std::regex_search(line, include, kInclude)) {
      const std::string header = include[1];
      if (std::regex_match(header, kTestsOnly)) {
        if (!is_test) found.push_back(at + "only a _test.cc may include " + header);
      } else if (line.find('<') != line.npos) {
        continue;  // of the system or a library
      } else if (!std::regex_match(header, ours, kOurs)) {
        found.push_back(at + "write \"" + header + "\" from the root: \"slm_lab/<layer>/<file>.h\"");
      } else if (ours[1] != layer && !row->second.contains(ours[1])) {
        found.push_back(at + layer + " may not include " + header);
      }
    }
    const bool may_be_print =
        line.find("std::c") != line.npos || line.find("put") != line.npos || line.find("print") != line.npos;
    if (!may_print && may_be_print && std::regex_search(line, kPrint)) {
      found.push_back(at + layer + " may not print: return it or throw it");
    }
  }
  return found;
}

/// The C++ files under slm_lab/, as paths relative to it.
std::vector<fs::path> sources() {
  const fs::path root = fs::path(slm::source_dir()) / "slm_lab";
  std::vector<fs::path> paths;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    const fs::path extension = entry.path().extension();
    if (extension == ".h" || extension == ".cc" || extension == ".inc")
      paths.push_back(fs::relative(entry.path(), root));
  }
  return paths;
}

std::string read(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

TEST(Layering, EveryFileKeepsToItsLayer) {
  const std::vector<fs::path> paths = sources();
  ASSERT_GT(paths.size(), 10u) << "is " << slm::source_dir() << " the root?";
  for (const fs::path& path : paths) {
    const std::string text = read(fs::path(slm::source_dir()) / "slm_lab" / path);
    EXPECT_THAT(offences(path, text), IsEmpty()) << "in slm_lab/" << path.string();
  }
}

TEST(Layering, TheTableHasNoCircle) {
  for (const auto& [layer, lower] : kMayInclude) {
    for (const std::string& below : lower) {
      ASSERT_TRUE(kMayInclude.contains(below)) << below;
      EXPECT_FALSE(kMayInclude.at(below).contains(layer)) << layer << " and " << below;
      // What a layer may use, the layers above it may use as well: no hidden second route.
      for (const std::string& further : kMayInclude.at(below)) EXPECT_TRUE(lower.contains(further)) << layer;
    }
  }
}

// The test itself must be able to fail.
TEST(Layering, FindsAnUpwardIncludeARelativeOneAndAPrint) {
  EXPECT_THAT(offences("base/x.h", "#include <vector>\n#include \"slm_lab/base/matrix.h\"\n"), IsEmpty());
  EXPECT_THAT(offences("net/x.h", "#include \"slm_lab/spec/reader.h\"\n"), IsEmpty());
  EXPECT_THAT(offences("net/x.h", "\n  #  include \"slm_lab/env/vec_env.h\"\n"),
              ElementsAre("2: net may not include slm_lab/env/vec_env.h"));
  EXPECT_THAT(offences("spec/x.h", "#include \"reader.h\"\n"),
              ElementsAre("1: write \"reader.h\" from the root: \"slm_lab/<layer>/<file>.h\""));
  EXPECT_THAT(offences("env/x_test.cc", "#include <gtest/gtest.h>\n#include \"tests/support/chain_env.h\"\n"),
              IsEmpty());
  EXPECT_THAT(offences("env/x.h", "#include <gtest/gtest.h>\n#include \"tests/support/chain_env.h\"\n"),
              ElementsAre("1: only a _test.cc may include gtest/gtest.h",
                          "2: only a _test.cc may include tests/support/chain_env.h"));
  EXPECT_THAT(offences("env/x.h", "x;\n  std::cout << 1;\n"),
              ElementsAre("2: env may not print: return it or throw it"));
  EXPECT_THAT(offences("env/x.h", "printf(\"\");\n"), ElementsAre("1: env may not print: return it or throw it"));
  EXPECT_THAT(offences("env/x.h", "std::snprintf(b, 3, \"x\");\nfmt::format(\"x\");\n"), IsEmpty());
  EXPECT_THAT(offences("env/x_test.cc", "std::cout << 1;\n"), IsEmpty());
  EXPECT_THAT(offences("cli/x.h", "fmt::print(\"\");\n"), IsEmpty());
  EXPECT_THAT(offences("util/x.h", ""), ElementsAre("util is not a layer"));
}

}  // namespace
