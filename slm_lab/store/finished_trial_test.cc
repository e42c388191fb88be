#include "slm_lab/store/finished_trial.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "slm_lab/base/archive.h"
#include "slm_lab/base/error.h"
#include "slm_lab/base/file.h"
#include "slm_lab/store/checkpoint.h"
#include "slm_lab/store/session_result.h"
#include "tests/support/run_folder.h"
#include "tests/support/scratch_folder.h"

namespace slm::finished_trial_test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
namespace fs = std::filesystem;

/// A trial of two sessions that are done, whose states are the numbers 10 and 11.
class FinishedTrial : public testing::Test {
 protected:
  FinishedTrial() {
    std::map<int, SessionResult> results;
    for (int session : {0, 1}) {
      store(session).save([&](Archive& state) {
        double number = 10 + session;
        state("number", number);
      });
      results[session].frame = 100 + session;
      results[session].seconds = 1;
      write_session_result(folder_, 0, session, results[session]);
    }
    write_trial_results(folder_, 0, "{}", results);
  }
  CheckpointStore store(int session) const { return CheckpointStore(folder_.checkpoints(0, session)); }
  double state(int session) const {
    double number = 0;
    store(session).load([&](Archive& state) { state("number", number); },
                        [](const std::string& text) { ADD_FAILURE() << text; });
    return number;
  }
  std::vector<std::string> files() const { return files_below(folder_.root()); }

  ScratchFolder scratch_;
  DataFolder folder_ = DataFolder::create(scratch_.path(), "spec");
};

TEST_F(FinishedTrial, IsTwoFiles) {
  pack_trial(folder_, 0, 2, /*keep_replay=*/false);
  EXPECT_THAT(files(), ElementsAre("info/spec_t0_trial_metrics.json", "model/spec_t0_state.safetensors"));
  EXPECT_EQ(read_session_result(folder_, 0, 1)->frame, 101);
  EXPECT_FALSE(read_session_result(folder_, 0, 2));
  pack_trial(folder_, 0, 2, false);  // another time there is nothing left to do
  unpack_states(folder_, 0, 2);
  EXPECT_EQ(state(0), 10);
  EXPECT_EQ(state(1), 11);
}

TEST_F(FinishedTrial, KnowsWhereTheTimeOfASessionWent) {
  SessionResult result;
  result.seconds = 3;
  of_phase(result.phase_seconds, Phase::env) = 2;
  of_phase(result.phase_seconds, Phase::other) = 1;
  write_session_result(folder_, 0, 5, result);
  EXPECT_EQ(read_session_result(folder_, 0, 5)->phase_seconds, result.phase_seconds);
  nlohmann::json older = nlohmann::json::parse(read_file(folder_.session_result(0, 5)));  // of a version before
  older.erase("profile");
  write_file_durably(folder_.session_result(0, 5), older.dump());
  EXPECT_EQ(read_session_result(folder_, 0, 5)->phase_seconds, undivided(3));
}

TEST_F(FinishedTrial, KilledWhileItIsPackedLosesNothing) {
  pack_trial(folder_, 0, 2, false);
  unpack_states(folder_, 0, 2);
  fs::remove_all(folder_.checkpoints(0, 0));  // as if killed between the two
  pack_trial(folder_, 0, 2, false);
  unpack_states(folder_, 0, 2);
  EXPECT_EQ(state(0), 10);
  EXPECT_EQ(state(1), 11);
}

// A folder half removed would look damaged: it has another name before the first file in it goes.
TEST_F(FinishedTrial, RemovesAFolderAsAWhole) {
  const fs::path folder = folder_.checkpoints(0, 0), half = folder.string() + ".partial";
  fs::create_directories(half / "000001");
  write_file_durably(half / "000001" / "state.safetensors", "half of what there was");
  pack_trial(folder_, 0, 2, false);
  EXPECT_FALSE(fs::exists(half));
  fs::create_directories(half / "000001");
  pack_trial(folder_, 0, 2, false);
  EXPECT_FALSE(fs::exists(half));
  unpack_states(folder_, 0, 2);
  EXPECT_EQ(state(0), 10);
}

TEST_F(FinishedTrial, ANewerStateStays) {
  pack_trial(folder_, 0, 2, false);
  unpack_states(folder_, 0, 2);
  store(0).save([&](Archive& state) {
    double number = 20;
    state("number", number);
  });
  unpack_states(folder_, 0, 2);
  EXPECT_EQ(state(0), 20);
  pack_trial(folder_, 0, 2, false);
  unpack_states(folder_, 0, 2);
  EXPECT_EQ(state(0), 20);
}

// Its segments are called by the generation that wrote them, so that the one after it must not write over them.
TEST_F(FinishedTrial, KeepsALongRecordAndGoesOnWithIt) {
  std::vector<float> rows(5 * ChangedBlocks::kBytes / 2 / sizeof(float), 1.f);
  ChangedBlocks changed;
  const auto save = [&](CheckpointStore& store) {
    store.save([&](Archive& state) { state.large("record.rows", rows, changed); });
  };
  CheckpointStore first = store(1);
  for (int i = 0; i < 4; ++i) {
    rows.push_back(static_cast<float>(i));
    save(first);
  }
  const auto segments = [&] { return names_in(folder_.checkpoints(0, 1) / "segments"); };
  const auto read = [&](CheckpointStore& store) {
    store.load([&](Archive& state) { state.large("record.rows", rows, changed); },
               [](const std::string& text) { ADD_FAILURE() << text; });
  };
  const std::vector<float> saved = rows;
  pack_trial(folder_, 0, 2, /*keep_replay=*/false);
  EXPECT_THAT(files(), ElementsAre("info/spec_t0_trial_metrics.json", "model/spec_t0_state.safetensors"));

  unpack_states(folder_, 0, 2);
  EXPECT_TRUE(store(1).usable());
  rows.clear();
  CheckpointStore longer = store(1);
  read(longer);
  EXPECT_EQ(rows, saved);
  EXPECT_THAT(segments(), ElementsAre("000002-00000", "000002-00001", "000005-00000"));
  for (int i = 0; i < 3; ++i) {
    rows.push_back(static_cast<float>(-i));
    save(longer);
  }
  const std::vector<float> longest = rows;
  CheckpointStore last = store(1);
  read(last);
  EXPECT_EQ(rows, longest);
}

TEST_F(FinishedTrial, TakesNoSegmentOfAForeignName) {
  std::vector<float> rows(LargeArrays::kMinBytes / sizeof(float), 1.f);
  ChangedBlocks changed;
  store(0).save([&](Archive& state) { state.large("record.rows", rows, changed); });
  Archive packed;
  ASSERT_TRUE(store(0).pack(packed, "s0."));
  std::vector<std::uint8_t> bytes{1, 2, 3};
  packed("s0.segments/../../../victim", bytes);
  Archive opened = packed.reopened();
  fs::remove_all(folder_.checkpoints(0, 0));
  EXPECT_THROW(store(0).unpack(opened, "s0."), Error);
  EXPECT_FALSE(fs::exists(folder_.root() / "victim"));
}

TEST_F(FinishedTrial, AReplayIsKeptOnRequestOnly) {
  std::vector<float> replay(LargeArrays::kMinBytes / sizeof(float), 1.f);
  ChangedBlocks changed;
  store(1).save([&](Archive& state) { state.large("replay", replay, changed); });
  pack_trial(folder_, 0, 2, /*keep_replay=*/true);
  EXPECT_TRUE(fs::exists(folder_.checkpoints(0, 1)));
  EXPECT_FALSE(fs::exists(folder_.checkpoints(0, 0)));
  pack_trial(folder_, 0, 2, /*keep_replay=*/false);
  EXPECT_FALSE(fs::exists(folder_.checkpoints(0, 1)));
  unpack_states(folder_, 0, 2);
  EXPECT_EQ(state(0), 10);
  EXPECT_FALSE(store(1).usable());
}

}  // namespace
}  // namespace slm::finished_trial_test
