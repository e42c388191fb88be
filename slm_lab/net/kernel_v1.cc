#include <utility>

#include "slm_lab/net/kernel_builds.h"
//
#include "slm_lab/net/kernel_impl.inc"

constexpr slm::Kernels slm::kKernelsV1 = slm::make_kernels("x86-64");
