#include "slm_lab/store/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "slm_lab/base/build_info.h"
#include "slm_lab/base/error.h"
#include "slm_lab/base/file.h"
#include "tests/support/scratch_folder.h"

namespace slm::manifest_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ManifestTest : public testing::Test {
 protected:
  Manifest start() { return start_manifest(folder_, scratch_.path(), "the hash", 7, "v4", {"slm-lab", "run"}); }
  /// The text of what `action` throws.
  template <class Action>
  static std::string refusal(ExitCode code, const Action& action) {
    try {
      action();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code) << error.what();
      return error.what();
    }
    return "nothing thrown";
  }
  void change(const std::string& from, const std::string& to) {
    std::string text = read_file(folder_.manifest_file());
    ASSERT_NE(text.find(from), text.npos);
    write_file_durably(folder_.manifest_file(), text.replace(text.find(from), from.size(), to));
  }

  ScratchFolder scratch_;
  DataFolder folder_ = DataFolder::create(scratch_.path(), "ppo");
};

TEST_F(ManifestTest, HasAnEntryForEveryStart) {
  Manifest manifest = start();
  update_manifest(folder_, manifest, 10);  // then it is killed
  EXPECT_EQ(read_manifest(folder_).wall_seconds(), 10);
  manifest = continue_manifest(folder_, "v3", {"slm-lab", "again"});
  close_manifest(folder_, manifest, 5, 130);
  const Manifest read = read_manifest(folder_);
  EXPECT_EQ(read.spec_name, "ppo");
  EXPECT_EQ(read.spec_hash, "the hash");
  EXPECT_EQ(read.seed, 7u);
  EXPECT_EQ(read.wall_seconds(), 15);
  ASSERT_EQ(read.starts.size(), 2u);
  EXPECT_EQ(read.starts[0].exit_code, -1);
  EXPECT_EQ(read.starts[0].kernel, "v4");
  EXPECT_EQ(read.starts[0].revision, revision());
  EXPECT_EQ(read.starts[1].exit_code, 130);
  EXPECT_THAT(read.starts[1].command_line, ElementsAre("slm-lab", "again"));
  EXPECT_TRUE(read.files.empty());
}

TEST_F(ManifestTest, KeepsTheNewestProfileOfEachSession) {
  Manifest manifest = start();
  manifest.keep(std::vector<SessionProfile>{{.session = 0, .frames = 5, .seconds = undivided(1)},
                                            {.session = 1, .frames = 6, .seconds = undivided(2)}});
  close_manifest(folder_, manifest, 5, 130);
  manifest = continue_manifest(folder_, "v3", {"slm-lab", "again"});
  PhaseSeconds seconds{};
  of_phase(seconds, Phase::env) = 3;
  manifest.keep(std::vector<SessionProfile>{{.session = 1, .frames = 9, .seconds = seconds}});
  close_manifest(folder_, manifest, 5, 0);
  const Manifest read = read_manifest(folder_);
  ASSERT_EQ(read.profile.size(), 2u);
  EXPECT_EQ(read.profile.at(0).frames, 5);
  EXPECT_EQ(read.profile.at(0).seconds, undivided(1));
  EXPECT_EQ(read.profile.at(1).session, 1);
  EXPECT_EQ(read.profile.at(1).frames, 9);
  EXPECT_EQ(read.profile.at(1).seconds, seconds);
}

TEST_F(ManifestTest, IsUnderAChecksum) {
  start();
  change("the hash", "teh hash");
  EXPECT_THAT(refusal(ExitCode::corrupt, [&] { read_manifest(folder_); }),
              HasSubstr("manifest.json: damaged: its content is not that of its checksum"));
  for (const std::string& text :
       {std::string(), std::string("{"), std::string("[]"), std::string("{\"format\": 2}"), std::string(100000, '[')}) {
    write_file_durably(folder_.manifest_file(), text);
    EXPECT_THAT(refusal(ExitCode::corrupt, [&] { read_manifest(folder_); }), HasSubstr("manifest.json: damaged"));
  }
  std::filesystem::remove(folder_.manifest_file());
  EXPECT_THAT(refusal(ExitCode::corrupt, [&] { read_manifest(folder_); }), HasSubstr("manifest.json: missing"));
  EXPECT_EQ(run_number(folder_), 0u);
}

TEST_F(ManifestTest, OfAnotherVersionIsToldFromADamagedOne) {
  const auto code = [&](const char* text) {
    write_file_durably(folder_.manifest_file(), text);
    try {
      read_manifest(folder_);
    } catch (const Error& error) {
      return error.code();
    }
    return ExitCode::ok;
  };
  EXPECT_EQ(code(R"({"version": "0.2.0"})"), ExitCode::usage);
  for (const char* damaged : {"{}", "[]", "", R"({"format": 2})", R"({"format": 2, "sha256": 5})", R"({"version": 2})"})
    EXPECT_EQ(code(damaged), ExitCode::corrupt) << damaged;
}

TEST_F(ManifestTest, OfAFinishedRunListsItsFiles) {
  Manifest manifest = start();
  write_file_durably(folder_.info() / "a.csv", "1,2\n");
  close_manifest(folder_, manifest, 1, 0);
  const Manifest read = read_manifest(folder_);
  ASSERT_EQ(read.files.size(), 1u);
  EXPECT_EQ(read.files[0].path, "info/a.csv");
  EXPECT_EQ(read.files[0].bytes, 4u);
  EXPECT_NO_THROW(verify_files(folder_, read));
  write_file_durably(folder_.info() / "a.csv", "1,3\n");
  EXPECT_THAT(refusal(ExitCode::corrupt, [&] { verify_files(folder_, read); }), HasSubstr("a.csv: changed since"));
  std::filesystem::remove(folder_.info() / "a.csv");
  EXPECT_THAT(refusal(ExitCode::corrupt, [&] { verify_files(folder_, read); }), HasSubstr("a.csv: gone since"));
}

TEST_F(ManifestTest, OfAFinishedRunKnowsNothingOfWhatAKilledProcessLeft) {
  Manifest manifest = start();
  write_file_durably(folder_.info() / "a.csv", "1,2\n");
  make_directories(folder_.model() / "000001.partial");
  for (const std::filesystem::path& left : {folder_.info() / "a.csv.123.tmp", folder_.graph() / "a.png.partial",
                                            folder_.model() / "000001.partial" / "state"})
    write_file_durably(left, "1,");
  close_manifest(folder_, manifest, 1, 0);
  remove_unfinished_files(folder_.root());  // as a run does when it is continued
  const Manifest read = read_manifest(folder_);
  ASSERT_EQ(read.files.size(), 1u);
  EXPECT_EQ(read.files[0].path, "info/a.csv");
  EXPECT_NO_THROW(verify_files(folder_, read));
  EXPECT_TRUE(names_in(folder_.graph()).empty());
}

}  // namespace
}  // namespace slm::manifest_test
