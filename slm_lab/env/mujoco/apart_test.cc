#include "slm_lab/env/mujoco/apart.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <stdexcept>

#include "tests/support/scratch_folder.h"

namespace slm::apart_test {
namespace {

TEST(FailureApart, IsWhatTheWorkThrew) {
  EXPECT_EQ(failure_apart([] {}), "");
  EXPECT_EQ(failure_apart([] { throw std::runtime_error("no model"); }), "no model");
}

TEST(FailureApart, WaitsNoLongerThanItsPatience) {
  const ScratchFolder scratch;
  const std::string pipe = scratch / "pipe.xml";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  const std::string failure =
      failure_apart([&] { std::ifstream waits_for_a_writer(pipe); }, std::chrono::milliseconds(100));
  EXPECT_THAT(failure, testing::HasSubstr("within 0.1 s"));
}

}  // namespace
}  // namespace slm::apart_test
