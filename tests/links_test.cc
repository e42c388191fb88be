// Every link of README.md, CONTRIBUTING.md and docs/ to a file or a heading of this repository: there is such a file,
// and it has such a heading, by the anchors that code hosts and the site (scripts/site) give to headings.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cctype>
#include <filesystem>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "slm_lab/base/build_info.h"
#include "slm_lab/base/file.h"
#include "tests/support/prose.h"
#include "tests/support/scratch_folder.h"

namespace slm {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
namespace fs = std::filesystem;

/// "## `env`: where it acts" is reached by #env-where-it-acts.
std::string anchor_of(const std::string& heading) {
  std::string anchor;
  for (const char c : heading.substr(heading.find(' ') + 1)) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '_' || c == '-') anchor += static_cast<char>(std::tolower(byte));
    if (c == ' ') anchor += '-';
  }
  return anchor;
}

std::set<std::string> anchors_of(const fs::path& page) {
  std::set<std::string> anchors;
  std::istringstream lines(prose(read_file(page)));
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("#")) anchors.insert(anchor_of(line));
  return anchors;
}

/// "page: link" of every link that leads nowhere.
std::vector<std::string> broken_links(const fs::path& page) {
  static const std::regex link(R"(\]\(([^)#\s]*)(?:#([^)\s]*))?\))");
  std::vector<std::string> broken;
  const std::string text = prose(read_file(page));
  for (std::sregex_iterator it(text.begin(), text.end(), link), end; it != end; ++it) {
    const std::string file = (*it)[1], anchor = (*it)[2];
    if (file.find("://") != file.npos) continue;
    const fs::path target = file.empty() ? page : page.parent_path() / file;
    if (!fs::exists(target) || (!anchor.empty() && !anchors_of(target).contains(anchor)))
      broken.push_back(page.filename().string() + ": " + it->str().substr(1));
  }
  return broken;
}

TEST(Links, LeadToFilesAndHeadings) {
  const fs::path root = source_dir();
  std::vector<fs::path> pages{root / "README.md", root / "CONTRIBUTING.md"};
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root / "docs"))
    if (entry.path().extension() == ".md") pages.push_back(entry.path());
  EXPECT_GT(pages.size(), 25u);
  for (const fs::path& page : pages) EXPECT_THAT(broken_links(page), IsEmpty());
}

TEST(Links, AreFoundBroken) {
  const ScratchFolder scratch;
  write_file_durably(scratch / "page.md",
                     "# One `two`: three\n[a](#one-two-three) [b](#four) [c](other.md) ![d](page.md#one-two-three)\n"
                     "[e](page.md#five) <https://a.b> [f](https://a.b/c)\n```\n[g](none)\n```\n");
  EXPECT_THAT(broken_links(scratch / "page.md"),
              ElementsAre("page.md: (#four)", "page.md: (other.md)", "page.md: (page.md#five)"));
}

}  // namespace
}  // namespace slm
