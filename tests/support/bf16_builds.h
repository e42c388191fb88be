#pragma once

#include <vector>

#include "slm_lab/net/bf16_kernel.h"

namespace slm {

/// The bf16 kernel of every machine, which is the oracle, and that of this one where it has AMX.
inline std::vector<const Bf16Kernels*> bf16_builds() {
  std::vector<const Bf16Kernels*> builds{&kBf16KernelsPortable};
  if (bf16_kernels() != nullptr) builds.push_back(bf16_kernels());
  return builds;
}

}  // namespace slm
