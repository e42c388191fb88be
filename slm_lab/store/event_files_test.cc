#include "slm_lab/store/event_files.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <vector>

#include "slm_lab/base/file.h"
#include "slm_lab/report/event_record.h"
#include "tests/support/scratch_folder.h"

namespace slm::event_files_test {
namespace {

namespace fs = std::filesystem;

std::vector<SessionRow> rows_up_to(int count) {
  std::vector<SessionRow> rows;
  for (int i = 1; i <= count; ++i) {
    rows.emplace_back().frame = 100.0 * i;
    rows.back().total_reward = i;
  }
  return rows;
}

/// The frames of one kind in all files of the folder, in the order in which TensorBoard reads them.
std::vector<std::int64_t> frames_in(const fs::path& folder, PointKind kind) {
  std::vector<std::int64_t> frames;
  for (const std::string& name : names_in(folder)) {
    const std::string text = read_file(folder / name);
    std::string_view left = text;
    for (EventRecord record; (record = next_event_record(left)).state == EventRecord::State::whole;)
      if (const auto place = point_place(record.data); place && place->kind == kind) frames.push_back(place->frame);
  }
  return frames;
}

using Frames = std::vector<std::int64_t>;

class EventFilesTest : public testing::Test {
 protected:
  ScratchFolder scratch_;
  fs::path folder_ = scratch_ / "tb" / "t0_s0";
};

TEST_F(EventFilesTest, EachRowIsWrittenOnceAndNothingBeforeTheFirst) {
  EventFiles files(folder_);
  files.write({}, PointKind::eval, 0, 0);
  EXPECT_FALSE(files.any());
  EXPECT_FALSE(fs::exists(folder_));
  files.write(rows_up_to(2), PointKind::train, 0, 0);
  files.write(rows_up_to(2), PointKind::train, 0, 0);
  files.write(rows_up_to(3), PointKind::train, 0, 0);
  files.write(rows_up_to(1), PointKind::eval, 0, 0);
  EXPECT_EQ(frames_in(folder_, PointKind::train), (Frames{100, 200, 300}));
  EXPECT_EQ(frames_in(folder_, PointKind::eval), (Frames{100}));
  EXPECT_EQ(names_in(folder_).size(), 1u);
}

// Killed behind its checkpoint: the session comes to rows again that are in the file.
TEST_F(EventFilesTest, AResumedSessionDoublesNoneAndLosesNone) {
  EventFiles(folder_).write(rows_up_to(5), PointKind::train, 0, 0);
  const std::string before = read_file(folder_ / names_in(folder_).at(0));
  EventFiles resumed(folder_);
  EXPECT_TRUE(resumed.any());
  for (const int count : {3, 4, 5}) resumed.write(rows_up_to(count), PointKind::train, 0, 0);
  EXPECT_EQ(names_in(folder_).size(), 1u) << "nothing is new yet";
  resumed.write(rows_up_to(6), PointKind::train, 0, 0);
  resumed.write(rows_up_to(2), PointKind::eval, 0, 0);
  EXPECT_EQ(frames_in(folder_, PointKind::train), (Frames{100, 200, 300, 400, 500, 600}));
  EXPECT_EQ(frames_in(folder_, PointKind::eval), (Frames{100, 200}));
  EXPECT_EQ(read_file(folder_ / names_in(folder_).at(0)), before);
}

// The disk may have lost the end of it, or a process was killed amid it: the checkpoint has the rows.
TEST_F(EventFilesTest, WhatAFileLostAtItsEndIsWrittenAgain) {
  EventFiles(folder_).write(rows_up_to(5), PointKind::train, 0, 0);
  const fs::path first = folder_ / names_in(folder_).at(0);
  const auto whole = fs::file_size(first);
  for (std::uintmax_t size = whole; size > 0; size -= size > 7 ? 7 : size) {
    fs::resize_file(first, size);
    EventFiles(folder_).write(rows_up_to(6), PointKind::train, 0, 0);
    EXPECT_EQ(frames_in(folder_, PointKind::train), (Frames{100, 200, 300, 400, 500, 600})) << size;
    fs::remove(folder_ / names_in(folder_).at(1));
  }
}

TEST_F(EventFilesTest, APointIsAsOldAsItsRow) {
  EventFiles files(folder_);
  std::vector<SessionRow> rows = rows_up_to(1);
  rows[0].wall_t = 7;
  files.write(rows, PointKind::train, /*began=*/1000, /*now=*/2000);
  const std::string text = read_file(folder_ / names_in(folder_).at(0));
  EXPECT_NE(text.find(tensorboard_point(1007, rows[0], PointKind::train)), text.npos);
  EXPECT_TRUE(text.starts_with(tensorboard_version(2000)));
}

}  // namespace
}  // namespace slm::event_files_test
