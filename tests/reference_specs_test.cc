// The spec files of SLM-Lab itself, unchanged, where they are at hand (../shared/reference-specs beside the
// repository): each is accepted, or refused only because what it names comes later.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "slm_lab/base/build_info.h"
#include "tests/support/process.h"
#include "tests/support/run_folder.h"

namespace slm {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

const fs::path kFolder = fs::path(source_dir()).parent_path() / "shared" / "reference-specs";

std::vector<std::string> spec_files() {
  std::vector<std::string> files;
  for (const std::string& file : files_below(kFolder))
    if (file.ends_with(".json")) files.push_back(file);
  return files;
}

/// The lines of a refusal that do not speak of a later version.
std::string real_problems(const std::string& text) {
  std::istringstream lines(text);
  std::string problems;
  for (std::string line; std::getline(lines, line);)
    if (line.find("comes with a later version") == std::string::npos) problems += line + "\n";
  return problems;
}

TEST(ReferenceSpecs, AreAcceptedOrComeLater) {
  if (!fs::exists(kFolder)) GTEST_SKIP() << kFolder << " is not here";
  EXPECT_GE(spec_files().size(), 30u);
  for (const std::string& file : spec_files()) {
    const ProcessResult result = run_program(slm_lab({"spec", "check", (kFolder / file).string()}));
    if (result.exit_code == 0)
      EXPECT_THAT(result.out, HasSubstr(": accepted")) << file;
    else
      EXPECT_EQ(real_problems(result.err), "") << file;
  }
}

TEST(ReferenceSpecs, HaveTheirKeysWithoutEffectNamed) {
  const fs::path file = kFolder / "benchmark/ppo/ppo_cartpole.json";
  if (!fs::exists(file)) GTEST_SKIP() << file << " is not here";
  const ProcessResult result = run_program(slm_lab({"spec", "check", file.string()}));
  EXPECT_THAT(result.out, HasSubstr("  inert  "));
  EXPECT_THAT(result.out, HasSubstr("agent.net.gpu = "));
}

}  // namespace
}  // namespace slm
