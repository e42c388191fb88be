#include "tests/support/allocation_counter.h"

#include "tests/support/test_env.h"

namespace slm {
long allocations() { return num_allocations(); }
}  // namespace slm
