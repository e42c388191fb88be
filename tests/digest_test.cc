// The digests of short runs against those on record, so that a change of behaviour cannot pass unseen.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gnu/libc-version.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "slm_lab/algorithm/registry.h"
#include "slm_lab/base/build_info.h"
#include "slm_lab/net/kernel.h"
#include "slm_lab/spec/json.h"
#include "tests/support/process.h"

namespace slm {
namespace {

namespace fs = std::filesystem;

/// Bits are the same for one compiler, C library, build type and kernel.
fs::path record() {
  std::string name = fmt::format("{} {} glibc {} {}", kernels().name, compiler(), gnu_get_libc_version(), build_type());
  std::ranges::replace(name, ' ', '_');
  return fs::path(source_dir()) / "tests" / "golden" / "digest" / (name + ".txt");
}

std::string read(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

TEST(Digest, IsTheOneOnRecord) {
  if (!fs::exists(record()))
    GTEST_SKIP() << "none on record for this build; to record it: ./slm-lab digest > " << record().string();
  const ProcessResult result = run_program({SLM_LAB_PROGRAM, "digest"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, read(record())) << "Behaviour has changed. If it was meant to: say so in the commit, bring the "
                                           "learning curves that CONTRIBUTING.md "
                                           "asks for, and renew the record: ./slm-lab digest > "
                                        << fs::relative(record(), source_dir()).string();
}

/// The algorithm of every spec of the shipped files, by the name of the spec.
std::map<std::string, std::string> algorithms_of_specs() {
  std::map<std::string, std::string> algorithms;
  for (const auto& entry :
       fs::recursive_directory_iterator(fs::path(source_dir()) / "slm_lab" / "spec" / "benchmark")) {
    if (entry.path().extension() != ".json") continue;
    const JsonNode root = parse_json(read(entry.path()), entry.path().string());
    for (const JsonMember& spec : root.members)
      if (const JsonNode* agent = spec.value.find("agent"))
        algorithms[spec.key] = agent->find("algorithm")->find("name")->text;
  }
  return algorithms;
}

TEST(Digest, CoversEveryAlgorithm) {
  // Random never trains; the others are rows of a file whose digest is there.
  std::set<std::string> covered{"Random", "VanillaDQN", "DQNBase", "SIL"};
  const std::map<std::string, std::string> algorithms = algorithms_of_specs();
  // Every record holds the same runs.
  const fs::path any = fs::directory_iterator(record().parent_path())->path();
  std::istringstream lines(read(any));
  for (std::string digest, spec; lines >> digest >> spec;) covered.insert(algorithms.at(spec));
  for (const AlgorithmEntry& entry : algorithm_table())
    EXPECT_THAT(covered, testing::Contains(entry.name)) << "add a run of it to kRuns in slm_lab/cli/digest.cc";
}

}  // namespace
}  // namespace slm
