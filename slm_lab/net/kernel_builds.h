#pragma once

#include "slm_lab/net/kernel.h"

namespace slm {

// The builds of kernel_impl.inc; kernel.cc chooses.
extern const Kernels kKernelsV4;  ///< AVX-512 F, BW, CD, DQ, VL
extern const Kernels kKernelsV3;  ///< AVX2 and FMA
extern const Kernels kKernelsV1;  ///< any x86-64

}  // namespace slm
