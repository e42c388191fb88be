#include "slm_lab/store/checkpoint.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "slm_lab/base/error.h"
#include "tests/support/scratch_folder.h"

namespace slm {
namespace {

namespace fs = std::filesystem;

struct State {
  std::int64_t frame = 0;
  std::vector<float> replay;
  void serialize(Archive& archive) {
    archive("frame", frame);
    archive("replay", replay);
  }
};

void save(CheckpointStore& store, State state) {
  Archive archive;
  state.serialize(archive);
  store.save(std::move(archive));
}

std::int64_t load_frame(const CheckpointStore& store, int* warnings = nullptr) {
  auto archive = store.load([&](const std::string&) {
    if (warnings != nullptr) ++*warnings;
  });
  if (!archive) return -1;
  State state;
  state.serialize(*archive);
  return state.frame;
}

void flip_byte(const fs::path& file, std::streamoff at) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekg(at);
  const int byte = stream.get();
  stream.seekp(at);
  stream.put(static_cast<char>(byte ^ 1));
}

std::ptrdiff_t num_files(const fs::path& folder) {
  return std::distance(fs::directory_iterator(folder), fs::directory_iterator());
}

TEST(CheckpointStore, HasNothingAtFirst) {
  const ScratchFolder scratch;
  EXPECT_EQ(load_frame(CheckpointStore(scratch / "none")), -1);
}

TEST(CheckpointStore, KeepsTheNewestTwo) {
  const ScratchFolder scratch;
  CheckpointStore store(scratch / "c");
  for (const std::int64_t frame : {100, 200, 300}) save(store, {frame, {}});
  EXPECT_EQ(load_frame(store), 300);
  EXPECT_FALSE(fs::exists(scratch / "c" / "000001"));
  EXPECT_TRUE(fs::exists(scratch / "c" / "000002"));
}

TEST(CheckpointStore, FallsBackFromADamagedOne) {
  const ScratchFolder scratch;
  CheckpointStore store(scratch / "c");
  save(store, {100, {}});
  save(store, {200, {}});
  const fs::path newest = scratch / "c" / "000002" / "state.safetensors";
  flip_byte(newest, static_cast<std::streamoff>(fs::file_size(newest)) - 1);
  int warnings = 0;
  EXPECT_EQ(load_frame(store, &warnings), 100);
  EXPECT_EQ(warnings, 1);
  fs::remove(scratch / "c" / "000001" / "manifest.json");
  EXPECT_THROW(load_frame(store), Error);
  save(store, {300, {}});  // damage does not keep a session from going on
  EXPECT_EQ(load_frame(store), 300);
}

TEST(CheckpointStore, WritesOnlyTheSegmentsThatChanged) {
  constexpr std::size_t kSegmentFloats = 1 << 20;  // 4 MiB
  const ScratchFolder scratch;
  CheckpointStore store(scratch / "c");
  const fs::path segments = scratch / "c" / "segments";
  State state{100, std::vector<float>(5 * kSegmentFloats / 2)};
  for (std::size_t i = 0; i < state.replay.size(); ++i) state.replay[i] = static_cast<float>(i);
  save(store, state);
  EXPECT_EQ(num_files(segments), 3);
  state.replay[kSegmentFloats + 5] = -1;
  save(store, state);
  EXPECT_EQ(num_files(segments), 4);  // one of the three anew, the old one still belongs to the older generation
  save(store, state);
  EXPECT_EQ(num_files(segments), 3);  // which is gone now

  auto archive = store.load([](const std::string&) { FAIL(); });
  State loaded;
  loaded.serialize(*archive);
  EXPECT_EQ(loaded.replay, state.replay);
}

TEST(CheckpointStore, NoticesADamagedSegment) {
  const ScratchFolder scratch;
  CheckpointStore store(scratch / "c");
  State state{100, std::vector<float>(1 << 19, 1.0f)};
  save(store, state);
  std::fill(state.replay.begin(), state.replay.end(), 2.0f);
  state.frame = 200;
  Archive archive;
  state.serialize(archive);
  store.save(std::move(archive));
  int warnings = 0;
  EXPECT_EQ(load_frame(store, &warnings), 200);
  for (const auto& entry : fs::directory_iterator(scratch / "c" / "segments")) flip_byte(entry.path(), 77);
  EXPECT_THROW(load_frame(store, &warnings), Error);
  EXPECT_EQ(warnings, 2);
}

}  // namespace
}  // namespace slm
