// Counts every allocation of this test program, also those that pass by operator new (Eigen's). glibc only; under a
// sanitizer, which brings its own malloc, nothing is counted.
#include <atomic>
#include <cerrno>
#include <cstddef>

#include "slm_lab/algorithm/test_env.h"

namespace {
std::atomic<long> num_allocations{0};
}

namespace slm {
long allocations() { return num_allocations; }
}  // namespace slm

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_realloc(void* p, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);

void* malloc(std::size_t size) {
  ++num_allocations;
  return __libc_malloc(size);
}
void* realloc(void* p, std::size_t size) {
  ++num_allocations;
  return __libc_realloc(p, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
  ++num_allocations;
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** p, std::size_t alignment, std::size_t size) {
  ++num_allocations;
  *p = __libc_memalign(alignment, size);
  return *p ? 0 : ENOMEM;
}
}
#endif
