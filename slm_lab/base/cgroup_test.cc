#include "slm_lab/base/cgroup.h"

#include <gtest/gtest.h>

#include "slm_lab/base/file.h"
#include "tests/support/scratch_folder.h"

namespace slm::cgroup_test {
namespace {

class Cgroup : public testing::Test {
 protected:
  void write(const std::string& file, const std::string& text) {
    std::filesystem::create_directories((scratch_ / file).parent_path());
    write_file_durably(scratch_ / file, text);
  }
  CgroupLimits limits() { return cgroup_limits(scratch_ / "membership", scratch_ / "groups"); }

  ScratchFolder scratch_;
};

TEST_F(Cgroup, Version2TakesTheLeastOfAGroupAndThoseAboveIt) {
  write("membership", "0::/user/job\n");
  write("groups/user/memory.max", "2000000\n");
  write("groups/user/job/memory.max", "3000000\n");
  write("groups/user/job/cpu.max", "150000 100000\n");
  write("groups/user/cpu.max", "max 100000\n");
  EXPECT_EQ(limits().bytes, 2000000);
  EXPECT_EQ(limits().cores, 1.5);
}

TEST_F(Cgroup, Version1HasAHierarchyPerController) {
  write("membership", "4:memory:/job\n2:cpu,cpuacct:/job\n1:name=systemd:/\n0::/\n");
  write("groups/memory/memory.limit_in_bytes", "9223372036854771712\n");  // no limit
  write("groups/memory/job/memory.limit_in_bytes", "1000000\n");
  write("groups/cpu/job/cpu.cfs_quota_us", "50000\n");
  write("groups/cpu/job/cpu.cfs_period_us", "100000\n");
  write("groups/cpu/cpu.cfs_quota_us", "-1\n");  // no limit
  write("groups/cpu/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(limits().bytes, 1000000);
  EXPECT_EQ(limits().cores, 0.5);
}

TEST_F(Cgroup, APathFromOutsideAContainerLeavesTheMountItself) {
  write("membership", "0::/docker/0123\n");
  write("groups/memory.max", "4000000\n");
  EXPECT_EQ(limits().bytes, 4000000);
}

TEST_F(Cgroup, NothingMeansNoLimit) {
  write("membership", "0::/job\n");
  write("groups/job/memory.max", "max\n");
  EXPECT_FALSE(limits().bytes);
  EXPECT_FALSE(limits().cores);
  EXPECT_FALSE(cgroup_limits(scratch_ / "none", scratch_ / "none").bytes);
}

}  // namespace
}  // namespace slm::cgroup_test
