#pragma once

#include <vector>

#include "slm_lab/net/bf16_kernel.h"

namespace slm {

/// The bf16 kernels of this processor.
inline std::vector<const Bf16Kernels*> fast_bf16_builds() {
  std::vector<const Bf16Kernels*> builds;
  if (__builtin_cpu_supports("avx512bf16")) builds.push_back(&kBf16KernelsAvx512);
  if (bf16_kernels() == &kBf16KernelsAmx) builds.push_back(&kBf16KernelsAmx);
  return builds;
}

/// All that run here: those of every machine, which are the oracles, first.
inline std::vector<const Bf16Kernels*> bf16_builds() {
  std::vector<const Bf16Kernels*> builds{&kBf16KernelsPortableAmx, &kBf16KernelsPortableAvx512};
  for (const Bf16Kernels* const build : fast_bf16_builds()) builds.push_back(build);
  return builds;
}

/// What has the same bits.
inline const Bf16Kernels& bf16_oracle(const Bf16Kernels& build) {
  return &build == &kBf16KernelsAmx || &build == &kBf16KernelsPortableAmx ? kBf16KernelsPortableAmx
                                                                          : kBf16KernelsPortableAvx512;
}
inline bool is_slow(const Bf16Kernels& build) { return &bf16_oracle(build) == &build; }

}  // namespace slm
