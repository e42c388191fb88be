#include "slm_lab/experiment/forked_work.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>

#include "slm_lab/base/error.h"
#include "slm_lab/base/file.h"
#include "tests/support/scratch_folder.h"

namespace slm::forked_work_test {
namespace {

constexpr std::chrono::milliseconds kPatience{1000};

TEST(ForkedWork, LeavesItsFilesAndBlocksNothing) {
  const ScratchFolder scratch;
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ForkedWork work;
  work.start(0, [&] {  // waits until the parent, which was not held up, says so
    char c = 0;
    if (::read(ends[0], &c, 1) == 1) write_file_durably(scratch / "picture", "done");
  });
  EXPECT_TRUE(work.too_early(0)) << "it runs";
  EXPECT_FALSE(work.too_early(1)) << "another kind of work";
  ASSERT_EQ(::write(ends[1], "x", 1), 1);
  work.finish(kPatience);
  EXPECT_EQ(read_file(scratch / "picture"), "done");
}

TEST(ForkedWork, OfWorkThatWaitsTheNewestCounts) {
  const ScratchFolder scratch;
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ForkedWork work;
  work.start(0, [&] {
    char c = 0;
    [[maybe_unused]] const ssize_t count = ::read(ends[0], &c, 1);
  });
  work.start(0, [&] { write_file_durably(scratch / "older", ""); });
  work.start(0, [&] { write_file_durably(scratch / "newer", ""); });
  ASSERT_EQ(::write(ends[1], "x", 1), 1);
  work.finish(kPatience);
  EXPECT_FALSE(std::filesystem::exists(scratch / "older"));
  EXPECT_TRUE(std::filesystem::exists(scratch / "newer"));
}

TEST(ForkedWork, WhatGoesWrongEndsNothing) {
  ForkedWork work;
  work.start(0, [] { throw Error(ExitCode::io, "a picture that cannot be drawn"); });
  work.start(1, [] { std::raise(SIGKILL); });
  work.finish(kPatience);
  SUCCEED();
}

TEST(ForkedWork, IsEndedWithItsOwner) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  {
    ForkedWork work;
    work.start(0, [&] {
      ::close(ends[0]);
      for (;;) ::pause();
    });
  }
  ::close(ends[1]);
  char c = 0;
  EXPECT_EQ(::read(ends[0], &c, 1), 0) << "nobody holds the other end any longer";
}

}  // namespace
}  // namespace slm::forked_work_test
