#include "slm_lab/base/huge_pages.h"

#include <sys/mman.h>

#include <cstdint>

namespace slm {

void prefer_huge_pages(void* data, std::size_t size) {
  constexpr std::uintptr_t kHugePage = 2 << 20;
  const auto begin = (reinterpret_cast<std::uintptr_t>(data) + kHugePage - 1) / kHugePage * kHugePage;
  const auto end = (reinterpret_cast<std::uintptr_t>(data) + size) / kHugePage * kHugePage;
  // Advice: a system that does not follow it is no worse off.
  if (begin < end) static_cast<void>(madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE));
}

}  // namespace slm
