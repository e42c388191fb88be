#include "slm_lab/base/memory_limit.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "slm_lab/base/cgroup.h"

namespace slm {

std::int64_t memory_limit() {
  std::int64_t limit = static_cast<std::int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGE_SIZE);
  if (const auto granted = cgroup_limits().bytes) limit = std::min(limit, *granted);
  return limit;
}

std::string gib_text(double bytes) { return fmt::format("{:.1f} GiB", bytes / (1024.0 * 1024 * 1024)); }

}  // namespace slm
