#include "slm_lab/dashboard/run_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <optional>

#include "slm_lab/base/file.h"
#include "slm_lab/base/lock.h"
#include "slm_lab/store/manifest.h"
#include "tests/support/scratch_folder.h"

namespace slm::run_watch_test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr const char* kSpec =
    R"({"demo": {"agent": {"algorithm": {"name": "PPO"}}, "env": {"name": "CartPole-v1", "max_frame": 1000},
                                            "meta": {"max_session": 1}}})";

class AWatchedFolder : public testing::Test {
 protected:
  DataFolder make(const std::string& name) {
    const DataFolder folder = DataFolder::create(data.path(), "demo", name);
    start_manifest(folder, data.path(), "hash", 0, "kernel", {});
    write_file_durably(folder.spec_file(), kSpec);
    return folder;
  }
  void end(const DataFolder& folder, int exit_code) {
    Manifest manifest = read_manifest(folder);
    close_manifest(folder, manifest, 1, exit_code);
  }
  RunWatch::Changes look() { return watch.look(60s); }
  std::string state(const std::string& name) { return watch.find(name)->overview.state; }

  ScratchFolder data;
  RunWatch watch{data.path()};
};

TEST_F(AWatchedFolder, SaysWhatCameAndWhatWentAndNothingTwice) {
  make("a");
  const DataFolder b = make("b");
  EXPECT_THAT(look().changed, UnorderedElementsAre("a", "b"));
  EXPECT_EQ(watch.find("a")->overview.algorithm, "PPO");
  EXPECT_EQ(watch.find("../a"), nullptr);
  EXPECT_THAT(look().changed, IsEmpty());
  std::filesystem::remove_all(b.root());
  const RunWatch::Changes changes = look();
  EXPECT_THAT(changes.removed, ElementsAre("b"));
  EXPECT_THAT(changes.changed, IsEmpty());
  EXPECT_EQ(watch.find("b"), nullptr);
}

TEST_F(AWatchedFolder, AFolderIsARunOnceItHasASpec) {
  const DataFolder folder = DataFolder::create(data.path(), "demo", "a");
  std::ofstream(data / "notes.txt") << "mine";
  std::filesystem::create_directory(data / "plots");
  EXPECT_THAT(look().changed, IsEmpty());
  start_manifest(folder, data.path(), "hash", 0, "kernel", {});
  write_file_durably(folder.spec_file(), kSpec);
  EXPECT_THAT(look().changed, ElementsAre("a"));
}

TEST_F(AWatchedFolder, FollowsARunToItsEnd) {
  const DataFolder folder = make("a");
  std::optional<FolderLock> lock(folder.root());
  look();
  EXPECT_EQ(state("a"), "running");
  std::ofstream csv(folder.session_csv(0, 0, "train"));
  csv << "frame,total_reward_ma\n500,20\n" << std::flush;
  EXPECT_THAT(look().changed, ElementsAre("a"));
  EXPECT_EQ(watch.find("a")->overview.frame, 500);
  csv << "700,30\n" << std::flush;
  EXPECT_THAT(look().changed, ElementsAre("a"));
  EXPECT_THAT(watch.find("a")->json, HasSubstr("\"frame\":700"));
  lock.reset();  // killed: no file says so
  EXPECT_THAT(look().changed, ElementsAre("a"));
  EXPECT_EQ(state("a"), "killed");
  end(folder, 0);  // it went on meanwhile, and is done
  EXPECT_THAT(look().changed, ElementsAre("a"));
  EXPECT_EQ(state("a"), "done");
  look();
  EXPECT_THAT(look().changed, IsEmpty());
}

TEST_F(AWatchedFolder, FollowsASearch) {
  const DataFolder folder = make("a");
  const FolderLock lock(folder.root());
  SearchJournal journal = SearchJournal::create(folder, {}, {});
  journal.start_trial({}, "hash", 0);
  look();
  EXPECT_EQ(watch.find("a")->overview.kind, "search");
  look();
  journal.report({.trial = 0, .frame = 100, .value = 12});
  journal.end_trial(0, JournalTrial::State::complete, 17);
  EXPECT_THAT(look().changed, ElementsAre("a"));
  EXPECT_EQ(watch.find("a")->overview.trials, 1);
  EXPECT_EQ(watch.find("a")->overview.total_reward_ma, 17);
  journal.start_trial({}, "hash", 0);
  journal.end_trial(1, JournalTrial::State::complete, 18);
  look();
  EXPECT_EQ(watch.find("a")->overview.trials, 2);
}

TEST_F(AWatchedFolder, ADamagedRunIsShownAsOne) {
  const DataFolder folder = make("a");
  std::ofstream(folder.manifest_file()) << "{";
  make("b");
  look();
  EXPECT_EQ(state("a"), "damaged");
  EXPECT_EQ(state("b"), "killed");
}

TEST_F(AWatchedFolder, NoLinkLeadsOutOfIt) {
  ScratchFolder elsewhere;
  make("a");
  std::filesystem::rename(data / "a", elsewhere / "a");
  std::filesystem::create_directory_symlink(elsewhere / "a", data / "a");
  look();
  EXPECT_THAT(watch.runs(), IsEmpty());
}

TEST_F(AWatchedFolder, IsEmptyWhenItIsGone) {
  make("a");
  look();
  std::filesystem::remove_all(data.path());
  EXPECT_THAT(look().removed, ElementsAre("a"));
}

// A page is not kept waiting by thousands of runs that are to be read.
TEST_F(AWatchedFolder, IsReadALittleAtATime) {
  make("a");
  make("b");
  EXPECT_THAT(watch.look(0s).changed, IsEmpty());
  EXPECT_EQ(watch.num_waiting(), 2u);
  EXPECT_THAT(look().changed, UnorderedElementsAre("a", "b"));
  EXPECT_EQ(watch.num_waiting(), 0u);
}

}  // namespace
}  // namespace slm::run_watch_test
