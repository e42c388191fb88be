#include "slm_lab/base/cgroup.h"

#include <algorithm>
#include <fstream>
#include <string>

namespace slm {
namespace {

namespace fs = std::filesystem;

// Version 1 writes "no limit" as the largest number of whole pages.
constexpr std::int64_t kNoLimit = std::int64_t{1} << 60;

template <class T>
void lower(std::optional<T>& limit, T value) {
  limit = limit ? std::min(*limit, value) : value;
}

/// The number that a file starts with; nothing for "max", or when there is no such file.
std::optional<std::int64_t> number_in(const fs::path& file) {
  std::int64_t number = 0;
  if (std::ifstream stream(file); stream >> number) return number;
  return std::nullopt;
}

void read_memory(const fs::path& file, CgroupLimits& limits) {
  if (const auto bytes = number_in(file); bytes && *bytes > 0 && *bytes < kNoLimit) lower(limits.bytes, *bytes);
}

void read_quota(std::optional<std::int64_t> quota, std::optional<std::int64_t> period, CgroupLimits& limits) {
  if (quota && period && *quota > 0 && *period > 0)
    lower(limits.cores, static_cast<double>(*quota) / static_cast<double>(*period));
}

void read_group(const fs::path& group, CgroupLimits& limits) {
  read_memory(group / "memory.max", limits);             // version 2
  read_memory(group / "memory.limit_in_bytes", limits);  // version 1
  read_quota(number_in(group / "cpu.cfs_quota_us"), number_in(group / "cpu.cfs_period_us"), limits);
  std::int64_t quota = 0, period = 0;
  if (std::ifstream stream(group / "cpu.max"); stream >> quota >> period) read_quota(quota, period, limits);
}

}  // namespace

CgroupLimits cgroup_limits(const fs::path& membership, const fs::path& mount) {
  CgroupLimits limits;
  std::ifstream stream(membership);
  for (std::string line; std::getline(stream, line);) {  // NUMBER:CONTROLLERS:/PATH; no controllers: version 2
    const std::size_t first = line.find(':'), second = line.find(':', first + 1);
    if (first == line.npos || second == line.npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    const fs::path path = fs::path(line.substr(second + 1)).relative_path();
    for (const char* controller : {"", "memory", "cpu"}) {
      if (*controller == '\0' ? controllers != ",,"
                              : controllers.find("," + std::string(controller) + ",") == line.npos)
        continue;
      // Inside a container the path may be the one outside it; the groups above it, up to the mount, count too.
      for (fs::path group = path;; group = group.parent_path()) {
        read_group(mount / controller / group, limits);
        if (group.empty()) break;
      }
    }
  }
  return limits;
}

}  // namespace slm
