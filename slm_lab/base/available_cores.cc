#include "slm_lab/base/available_cores.h"

#include <sched.h>

#include <algorithm>
#include <cmath>

#include "slm_lab/base/cgroup.h"

namespace slm {

int available_cores() {
  cpu_set_t set;
  int cores = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
  if (const auto granted = cgroup_limits().cores) cores = std::min(cores, static_cast<int>(std::ceil(*granted)));
  return std::max(cores, 1);
}

}  // namespace slm
