#include "slm_lab/base/allocation_counter.h"

#include "slm_lab/algorithm/test_env.h"

namespace slm {
long allocations() { return num_allocations(); }
}  // namespace slm
