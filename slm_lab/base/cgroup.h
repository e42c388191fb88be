#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace slm {

/// What control groups leave to this process: the least of its own and of those above it. Nothing: no limit.
struct CgroupLimits {
  std::optional<double> cores;
  std::optional<std::int64_t> bytes;
};

/// Versions 1 and 2, also side by side. `membership` is /proc/self/cgroup, `mount` where the groups are mounted; both
/// are arguments so that a test can lay out its own.
CgroupLimits cgroup_limits(const std::filesystem::path& membership = "/proc/self/cgroup",
                           const std::filesystem::path& mount = "/sys/fs/cgroup");

}  // namespace slm
