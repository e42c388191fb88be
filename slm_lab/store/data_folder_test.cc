#include "slm_lab/store/data_folder.h"

#include <gtest/gtest.h>

#include <fstream>

#include "slm_lab/base/error.h"
#include "slm_lab/store/manifest.h"
#include "tests/support/scratch_folder.h"

namespace slm::data_folder_test {
namespace {

namespace fs = std::filesystem;

void make_run(const fs::path& folder) {
  fs::create_directories(folder);
  const std::string name = folder.filename().string();
  std::ofstream(folder / (name.substr(0, name.find("_202")) + "_spec.json")) << "{}";
}

TEST(DataFolder, ANewOneHasTheFourFoldersAndANameOfItsOwn) {
  const ScratchFolder scratch;
  const DataFolder first = DataFolder::create(scratch / "data", "ppo_cartpole");
  const DataFolder second = DataFolder::create(scratch / "data", "ppo_cartpole");  // in the same second
  EXPECT_NE(first.root(), second.root());
  for (const fs::path& folder : {first.graph(), first.info(), first.log(), first.model()})
    EXPECT_TRUE(fs::is_directory(folder));
}

// Scripts and eyes look for these (docs/data.md, docs/search.md).
TEST(DataFolder, NamesWhatOneLooksAtFirst) {
  const ScratchFolder scratch;
  const DataFolder folder = DataFolder::create(scratch.path(), "ppo_cartpole");
  EXPECT_EQ(folder.session_graph(0, 1), folder.root() / "graph/ppo_cartpole_t0_s1_session_graph.png");
  EXPECT_EQ(folder.trial_graph(0), folder.root() / "ppo_cartpole_t0_trial_graph_mean_returns_vs_frames.png");
  EXPECT_EQ(folder.experiment_df(), folder.root() / "ppo_cartpole_experiment_df.csv");
  EXPECT_EQ(folder.experiment_graph(""), folder.root() / "ppo_cartpole_experiment_graph.png");
  EXPECT_EQ(folder.experiment_graph("slices"), folder.root() / "ppo_cartpole_experiment_graph_slices.png");
}

TEST(DataFolder, LatestTakesExactlyThisName) {
  const ScratchFolder scratch;
  for (const char* name : {"ppo_2026_01_01_000000", "ppo_2026_03_01_000000", "ppo_arc_2026_09_01_000000"})
    make_run(scratch / name);
  EXPECT_EQ(DataFolder::latest(scratch.path(), "ppo").root().filename(), "ppo_2026_03_01_000000");
  EXPECT_THROW(DataFolder::latest(scratch.path(), "dqn"), SpecError);
  EXPECT_THROW(DataFolder::latest(scratch / "nowhere", "ppo"), SpecError);
}

TEST(DataFolder, OpensARunFolderOrAFileInIt) {
  const ScratchFolder scratch;
  const DataFolder made = DataFolder::create(scratch.path(), "a2c");
  EXPECT_THROW(DataFolder::open(made.root()), SpecError);  // no spec in it
  std::ofstream(made.spec_file()) << "{}";
  EXPECT_EQ(DataFolder::open(made.root()).spec_name(), "a2c");
  EXPECT_EQ(DataFolder::open(made.root() / "").root(), made.root());
  EXPECT_EQ(DataFolder::open(made.spec_file()).root(), made.root());
  EXPECT_THROW(DataFolder::open(scratch / "missing"), SpecError);
}

TEST(DataFolder, MayBeGivenANameAndMovedOrRenamed) {
  const ScratchFolder scratch;
  const DataFolder named = DataFolder::create(scratch.path(), "a2c", "first.try");
  EXPECT_EQ(named.root(), scratch / "first.try");
  std::ofstream(named.trial_spec_file(0)) << "{}";
  EXPECT_THROW(DataFolder::open(named.root()), SpecError);  // as if killed before it began
  std::ofstream(named.spec_file()) << "{}";
  EXPECT_THROW(DataFolder::create(scratch.path(), "a2c", "first.try"), SpecError);  // never into an old run
  fs::create_directory(scratch / "moved");
  fs::rename(named.root(), scratch / "moved" / "best run so far");
  const DataFolder moved = DataFolder::open(scratch / "moved" / "best run so far");
  EXPECT_EQ(moved.spec_name(), "a2c");
  EXPECT_EQ(moved.session_prefix(0, 1), "a2c_t0_s1");
  EXPECT_EQ(DataFolder::latest(scratch / "moved", "a2c").root(), moved.root());
  EXPECT_EQ(DataFolder::latest(scratch / "moved").root(), moved.root());
  for (const char* bad : {"../x", "a/b", "-x", ".x", "a b"})
    EXPECT_THROW(DataFolder::create(scratch.path(), "a2c", bad), SpecError) << bad;
}

TEST(DataFolder, MayBeCalledAnything) {
  const ScratchFolder scratch;
  const DataFolder made = DataFolder::create(scratch.path(), "a2c_t0");
  std::ofstream(made.spec_file()) << "{}";
  std::ofstream(made.trial_spec_file(0)) << "{}";
  fs::rename(made.root(), scratch / "moved");
  const DataFolder moved = DataFolder::open(scratch / "moved");
  EXPECT_EQ(moved.spec_name(), "a2c_t0");
  EXPECT_EQ(moved.root(), scratch / "moved");
  EXPECT_EQ(DataFolder::latest(scratch.path(), "a2c_t0").root(), scratch / "moved");
}

TEST(DataFolder, LatestGoesByTheNumberOfTheRunWhateverTheClockSaid) {
  const ScratchFolder scratch;
  const auto start = [&](const char* name) {
    const fs::path root = scratch / name;
    make_run(root);
    const DataFolder folder = DataFolder::open(root);
    fs::remove(folder.spec_file());  // as it is while a run is being made
    start_manifest(folder, scratch.path(), "hash", 0, "kernel", {});
    make_run(root);
    return folder;
  };
  start("ppo_2026_09_01_000000");
  start("ppo_2026_01_01_000000");  // the clock went back
  const auto latest = [&] { return DataFolder::latest(scratch.path(), "ppo").root().filename(); };
  EXPECT_EQ(latest(), "ppo_2026_01_01_000000");
  start("ppo_2026_05_01_000000");
  EXPECT_EQ(latest(), "ppo_2026_05_01_000000");
  EXPECT_EQ(run_number(DataFolder::open(scratch / "ppo_2026_05_01_000000")), 3u);
  // A damaged manifest is not the others' trouble; the run stays where its name puts it.
  std::ofstream(scratch / "ppo_2026_01_01_000000" / "manifest.json") << "damaged";
  EXPECT_EQ(latest(), "ppo_2026_05_01_000000");
}

TEST(DataFolder, LatestIsNotAnOlderRunWhenTheNewestCannotBeRead) {
  const ScratchFolder scratch;
  for (const char* name : {"ppo_2026_01_01_000000", "ppo_2026_03_01_000000"}) make_run(scratch / name);
  const fs::path manifest = scratch / "ppo_2026_03_01_000000" / "manifest.json";
  fs::create_directory(manifest);  // there, and not to be read: as after an I/O error
  try {
    DataFolder::latest(scratch.path(), "ppo");
    ADD_FAILURE() << "took one of them";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::io);
    EXPECT_NE(std::string(error.what()).find(manifest.string()), std::string::npos) << error.what();
  }
  fs::remove(manifest);
  fs::create_symlink("/dev/zero", manifest);  // one that leads elsewhere is none
  EXPECT_EQ(DataFolder::latest(scratch.path(), "ppo").root().filename(), "ppo_2026_01_01_000000");
}

TEST(DataFolder, ANewRunDoesNotWaitForOldOnesThatCannotBeRead) {
  const ScratchFolder scratch;
  const auto start = [&](const char* name) {
    make_run(scratch / name);
    return start_manifest(DataFolder::open(scratch / name), scratch.path(), "hash", 0, "kernel", {}).number;
  };
  EXPECT_EQ(start("ppo_2026_01_01_000000"), 1u);
  EXPECT_EQ(start("ppo_2026_02_01_000000"), 2u);
  EXPECT_EQ(start("ppo_2026_03_01_000000"), 3u);
  const fs::path newest = scratch / "ppo_2026_03_01_000000" / "manifest.json";
  fs::rename(newest, scratch / "aside");
  fs::create_directory(newest);  // there, and not to be read: as after an I/O error
  EXPECT_EQ(start("ppo_2025_01_01_000000"), 4u);
  fs::remove(newest);
  fs::rename(scratch / "aside", newest);
  EXPECT_EQ(DataFolder::latest(scratch.path(), "ppo").root().filename(), "ppo_2025_01_01_000000");
}

TEST(DataFolder, WhenANamedRunBeganIsNotGuessed) {
  const ScratchFolder scratch;
  make_run(scratch / "ppo_2026_01_01_000000");
  fs::create_directories(scratch / "named");
  const fs::path spec = scratch / "named" / "ppo_spec.json";
  fs::create_symlink(spec, spec);  // there, and its time not to be read
  EXPECT_THROW(DataFolder::latest(scratch.path()), Error);
  fs::remove(spec);
  EXPECT_EQ(DataFolder::latest(scratch.path()).root().filename(), "ppo_2026_01_01_000000");
}

TEST(DataFolder, KeepsToItself) {
  const ScratchFolder scratch;
  const DataFolder made = DataFolder::create(scratch.path(), "a2c");
  std::ofstream(made.spec_file()) << "{}";
  fs::remove(made.model());
  fs::create_directory_symlink(scratch.path(), made.model());
  try {
    DataFolder::open(made.root());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::io);
    EXPECT_NE(std::string(error.what()).find("a symbolic link"), std::string::npos);
  }
}

}  // namespace
}  // namespace slm::data_folder_test
