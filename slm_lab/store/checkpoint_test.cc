#include "slm_lab/store/checkpoint.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <set>

#include "slm_lab/base/changed_blocks.h"
#include "slm_lab/base/error.h"
#include "slm_lab/base/file.h"
#include "slm_lab/base/sha256.h"
#include "tests/support/scratch_folder.h"

namespace slm::checkpoint_test {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::size_t kBlockFloats = ChangedBlocks::kBytes / sizeof(float);

/// A session: a counter, a small array and a replay.
struct State {
  explicit State(std::size_t replay_size = 0) : replay(replay_size) {
    for (std::size_t i = 0; i < replay.size(); ++i) replay[i] = static_cast<float>(i);
    changed.reserve(replay.size() * sizeof(float));
  }
  std::int64_t frame = 0;
  std::vector<float> replay;
  ChangedBlocks changed;

  void set(std::size_t i, float value) {
    replay[i] = value;
    changed.mark(i * sizeof(float), (i + 1) * sizeof(float));
  }
  void serialize(Archive& archive) {
    archive("frame", frame);
    archive.large("replay", replay, changed);
  }
};

class Checkpoints : public testing::Test {
 protected:
  CheckpointStore store() const { return CheckpointStore(folder_, "slm-lab test"); }
  void save(CheckpointStore& store, State& state, std::int64_t frame) {
    state.frame = frame;
    store.save([&](Archive& archive) { state.serialize(archive); });
  }
  void save(std::int64_t frame) {
    State state;
    save(store_, state, frame);
  }
  /// The frame of what a new process finds, -1 when nothing; `state` is what it holds.
  std::int64_t load(State& state) {
    warnings_.clear();
    CheckpointStore fresh = store();
    const auto program = fresh.load([&](Archive& archive) { state.serialize(archive); },
                                    [&](const std::string& text) { warnings_.push_back(text); });
    return program ? state.frame : -1;
  }
  std::int64_t load() {
    State state;
    return load(state);
  }
  ExitCode load_fails() {
    try {
      load();
    } catch (const Error& error) {
      text_ = error.what();
      return error.code();
    }
    return ExitCode::ok;
  }
  static void flip_bit(const fs::path& file, std::uint64_t at, int bit = 0) {
    std::string bytes = read_file(file);
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << bit));
    write_file_durably(file, bytes);
  }
  std::vector<std::string> segments() const { return names_in(folder_ / "segments"); }
  fs::path file(const char* generation, const char* name) const { return folder_ / generation / name; }

  ScratchFolder scratch_;
  fs::path folder_ = scratch_ / "c";
  CheckpointStore store_ = store();
  std::vector<std::string> warnings_;
  std::string text_;
};

TEST_F(Checkpoints, NoneAtFirst) { EXPECT_EQ(load(), -1); }

TEST_F(Checkpoints, KeepTheNewestTwo) {
  for (const std::int64_t frame : {100, 200, 300}) save(frame);
  EXPECT_EQ(load(), 300);
  EXPECT_THAT(names_in(folder_), ElementsAre("000002", "000003"));
}

TEST_F(Checkpoints, EveryByteOfAGenerationIsUnderAChecksum) {
  save(100);
  save(200);
  for (const char* name : {"state.safetensors", "manifest.json", "SHA256SUMS"}) {
    const fs::path path = file("000002", name);
    const std::string good = read_file(path);
    for (std::size_t at = 0; at < good.size(); ++at) {
      flip_bit(path, at, static_cast<int>(at % 8));
      ASSERT_EQ(load(), 100) << name << " byte " << at;
      ASSERT_EQ(warnings_.size(), 1u);
      write_file_durably(path, good);
    }
    for (const std::size_t length : {std::size_t{0}, good.size() / 2, good.size() - 1}) {
      write_file_durably(path, good.substr(0, length));
      ASSERT_EQ(load(), 100) << name << " cut to " << length;
    }
    write_file_durably(path, good + "\n");
    ASSERT_EQ(load(), 100) << name << " longer";
    fs::remove(path);
    ASSERT_EQ(load(), 100) << name << " gone";
    write_file_durably(path, good);
    ASSERT_EQ(load(), 200);
  }
}

TEST_F(Checkpoints, OfAnotherShapeAreNotUsed) {
  save(100);
  store_.save([](Archive& archive) {  // as a program whose states differ would have written it
    double frame = 200;
    archive("frame", frame);
  });
  EXPECT_EQ(load(), 100);
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("frame: holds F64, expected I64")));
}

TEST_F(Checkpoints, AfterDamageTheGoodOneIsKept) {
  save(100);
  save(200);
  flip_bit(file("000002", "state.safetensors"), 20);
  CheckpointStore resumed = store();
  State state;
  resumed.load([&](Archive& archive) { state.serialize(archive); }, [](const std::string&) {});
  save(resumed, state, 300);
  EXPECT_THAT(names_in(folder_), ElementsAre("000001", "000003"));  // not the damaged one
}

TEST_F(Checkpoints, AllDamagedIsAnErrorThatChangesNothing) {
  save(100);
  save(200);
  for (const char* generation : {"000001", "000002"}) flip_bit(file(generation, "manifest.json"), 0);
  EXPECT_EQ(load_fails(), ExitCode::corrupt);
  EXPECT_THAT(text_, HasSubstr("every checkpoint is damaged; nothing was changed"));
  EXPECT_THAT(names_in(folder_), ElementsAre("000001", "000002"));
  CheckpointStore blind = store();  // damage does not keep a session from going on, nor does that remove what is there
  State state;
  save(blind, state, 300);
  EXPECT_EQ(load(), 300);
  EXPECT_THAT(names_in(folder_), ElementsAre("000001", "000002", "000003"));
}

TEST_F(Checkpoints, WhatCannotBeReadIsNeitherDamagedNorAbsent) {
  save(100);
  save(200);
  fs::rename(file("000002", "manifest.json"), scratch_ / "manifest.json");
  ASSERT_EQ(::mkfifo(file("000002", "manifest.json").c_str(), 0600), 0);  // stands for a disk that does not answer
  EXPECT_EQ(load_fails(), ExitCode::io);
  EXPECT_THAT(text_, HasSubstr("manifest.json"));
  EXPECT_TRUE(warnings_.empty());
  fs::rename(folder_, scratch_ / "elsewhere");
  fs::create_symlink(scratch_ / "elsewhere", folder_);
  EXPECT_EQ(load_fails(), ExitCode::io);
  EXPECT_THAT(names_in(scratch_ / "elsewhere"), ElementsAre("000001", "000002"));
}

TEST_F(Checkpoints, NamesThatAreNotOursAreLeftAlone) {
  save(100);
  for (const char* name : {"99999999999999999999999", "1", "000001x", "-00001"}) make_directories(folder_ / name);
  save(200);
  EXPECT_EQ(load(), 200);
  EXPECT_THAT(names_in(folder_), ElementsAre("-00001", "000001", "000001x", "000002", "1", "99999999999999999999999"));
}

TEST_F(Checkpoints, OfAnotherFormatAreRefusedInWords) {
  save(100);
  fs::remove(file("000001", "SHA256SUMS"));
  write_file_durably(file("000001", "manifest.json"), R"({"sha256": "", "large": {}})");
  EXPECT_EQ(load_fails(), ExitCode::usage);
  EXPECT_THAT(text_, HasSubstr("a checkpoint of format 1, written by version 0.2.0 or older"));
}

// A campaign of weeks goes on under the program of another week.
TEST_F(Checkpoints, OfTheFormatsBeforeAreReadAndOfTheOneAfterRefused) {
  const auto write_as = [&](const char* format) {
    fs::remove_all(folder_);
    save(100);
    const fs::path path = file("000001", "manifest.json");
    std::string manifest = read_file(path);
    manifest.replace(manifest.find("\"format\": 4"), 11, fmt::format("\"format\": {}", format));
    write_file_durably(path, manifest);
    write_file_durably(file("000001", "SHA256SUMS"),
                       fmt::format("{}  manifest.json\n{}  state.safetensors\n", sha256_file(path),
                                   sha256_file(file("000001", "state.safetensors"))));
  };
  for (const char* earlier : {"2", "3"}) {
    write_as(earlier);
    EXPECT_EQ(load(), 100);
  }
  write_as("5");
  EXPECT_EQ(load_fails(), ExitCode::usage);
  EXPECT_THAT(text_, HasSubstr("a checkpoint of format 5, written by slm-lab test; this program reads format 4"));
}

TEST_F(Checkpoints, WriteOnlyTheBlocksThatChanged) {
  State state(5 * kBlockFloats / 2);
  save(store_, state, 100);
  EXPECT_THAT(segments(), ElementsAre("000001-00000", "000001-00001", "000001-00002"));
  state.set(kBlockFloats + 5, -1);
  save(store_, state, 200);
  EXPECT_THAT(segments(), ElementsAre("000001-00000", "000001-00001", "000001-00002", "000002-00000"));
  save(store_, state, 300);  // the first generation is gone, and what only it used
  EXPECT_THAT(segments(), ElementsAre("000001-00000", "000001-00002", "000002-00000"));

  State loaded;
  EXPECT_EQ(load(loaded), 300);
  EXPECT_EQ(loaded.replay, state.replay);
}

TEST_F(Checkpoints, AResumedProcessWritesOnlyWhatChangedSince) {
  State state(3 * kBlockFloats);
  save(store_, state, 100);
  CheckpointStore resumed = store();
  State loaded;
  resumed.load([&](Archive& archive) { loaded.serialize(archive); }, [](const std::string&) {});
  loaded.set(0, 7);
  save(resumed, loaded, 200);
  EXPECT_THAT(segments(), ElementsAre("000001-00000", "000001-00001", "000001-00002", "000002-00000"));
}

TEST_F(Checkpoints, ASegmentIsLookedAtBeforeItIsUsedAgain) {
  State state(2 * kBlockFloats);
  save(store_, state, 100);
  fs::remove(folder_ / "segments" / "000001-00000");
  fs::resize_file(folder_ / "segments" / "000001-00001", 5);
  save(store_, state, 200);
  State loaded;
  EXPECT_EQ(load(loaded), 200);
  EXPECT_EQ(loaded.replay, state.replay);
}

TEST_F(Checkpoints, ADamagedSegmentLeadsToTheGenerationBefore) {
  State state(2 * kBlockFloats);
  save(store_, state, 100);
  state.set(0, 5);
  save(store_, state, 200);
  flip_bit(folder_ / "segments" / "000002-00000", ChangedBlocks::kBytes - 1, 7);
  State loaded;
  EXPECT_EQ(load(loaded), 100);
  EXPECT_EQ(loaded.replay[0], 0);
  flip_bit(folder_ / "segments" / "000001-00001", 0);  // which both share
  EXPECT_EQ(load_fails(), ExitCode::corrupt);
  EXPECT_EQ(warnings_.size(), 2u);
}

TEST_F(Checkpoints, WhatAKilledSaveLeftIsNotMistakenForAState) {
  State state(kBlockFloats);
  save(store_, state, 100);
  make_directories(folder_ / "000002.partial");
  write_file_durably(folder_ / "segments" / "000002-00000", "half");
  EXPECT_EQ(load(), 100);
  state.set(3, 9);
  save(store_, state, 200);
  State loaded;
  EXPECT_EQ(load(loaded), 200);
  EXPECT_EQ(loaded.replay, state.replay);
}

TEST_F(Checkpoints, AreUsableWithTheirLargeArraysOnlyAndNotPackedWithThem) {
  State state(kBlockFloats);
  EXPECT_FALSE(store().usable());
  save(store_, state, 100);
  EXPECT_TRUE(store().usable());
  Archive packed;
  EXPECT_FALSE(store().pack(packed, "s0."));
  EXPECT_TRUE(packed.arrays().empty());
  fs::remove_all(folder_ / "segments");
  EXPECT_FALSE(store().usable());
}

TEST(ChangedBlocks, AreThoseThatWereMarkedSinceTheyWereKept) {
  constexpr std::size_t kBlock = ChangedBlocks::kBytes;
  const int keeper = 0, other = 0;
  ChangedBlocks blocks;
  blocks.reserve(3 * kBlock);
  const auto unchanged = [&](const void* by) {
    std::vector<bool> result;
    for (std::size_t block = 0; block < 3; ++block) result.push_back(blocks.unchanged(block, by));
    return result;
  };
  EXPECT_THAT(unchanged(&keeper), ElementsAre(false, false, false));
  for (std::size_t block = 0; block < 3; ++block) blocks.keep(block, &keeper);
  EXPECT_THAT(unchanged(&keeper), ElementsAre(true, true, true));
  EXPECT_THAT(unchanged(&other), ElementsAre(false, false, false));
  blocks.mark(kBlock, kBlock);  // nothing
  EXPECT_THAT(unchanged(&keeper), ElementsAre(true, true, true));
  blocks.mark(kBlock - 1, kBlock + 1);  // across an edge
  EXPECT_THAT(unchanged(&keeper), ElementsAre(false, false, true));
}

}  // namespace
}  // namespace slm::checkpoint_test
