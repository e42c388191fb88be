#pragma once

#include "slm_lab/net/bf16_kernel.h"

namespace slm {

extern const Bf16Kernels kBf16KernelsAmx;  ///< AMX with bf16, and AVX-512 with its conversions; bf16_kernel.cc chooses

}  // namespace slm
