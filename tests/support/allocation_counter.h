#pragma once

// Test support: counts every allocation of a program, also those that pass by operator new (Eigen's). It replaces
// malloc, so include it in exactly one source of a test program. glibc only; under a sanitizer, which brings its own
// malloc, nothing is counted and kCountsAllocations is false.

#include <atomic>
#include <cerrno>
#include <cstddef>

#include "tests/support/sanitized.h"

namespace slm {

inline std::atomic<long>& num_allocations() {
  static std::atomic<long> count{0};
  return count;
}

inline constexpr bool kCountsAllocations = !kSanitized;

}  // namespace slm

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_realloc(void* p, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);

void* malloc(std::size_t size) noexcept {
  ++slm::num_allocations();
  return __libc_malloc(size);
}
void* realloc(void* p, std::size_t size) noexcept {
  ++slm::num_allocations();
  return __libc_realloc(p, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  ++slm::num_allocations();
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** p, std::size_t alignment, std::size_t size) noexcept {
  ++slm::num_allocations();
  *p = __libc_memalign(alignment, size);
  return *p != nullptr ? 0 : ENOMEM;
}
}
#endif
