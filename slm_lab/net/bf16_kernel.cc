#include "slm_lab/net/bf16_kernel.h"

#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace slm {
namespace {

/// Linux saves the tiles of programs that have asked for them only; asm/prctl.h and the processor's number of the
/// tiles' state. Granted for the process and what it forks.
constexpr long kRequestPermission = 0x1023, kTileData = 18;

bool has_amx_bf16() {
  constexpr unsigned kAmxBf16 = 1u << 22, kAmxTile = 1u << 24;  // of leaf 7
  unsigned eax, ebx, ecx, edx;
  return __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) != 0 && (edx & kAmxBf16) != 0 && (edx & kAmxTile) != 0;
}

/// Xeons have the instruction too, at a third of the rate of their float32 units (docs/precision.md).
bool has_fast_avx512_bf16() { return __builtin_cpu_is("amd") && __builtin_cpu_supports("avx512bf16"); }

struct Found {
  const Bf16Kernels* kernels = nullptr;
  const char* missing = "";
};

Found find() {
  if (has_fast_avx512_bf16()) return {.kernels = &kBf16KernelsAvx512};
  if (!__builtin_cpu_supports("avx512bf16") || !has_amx_bf16())
    return {.missing = "this processor has no bf16 that gains (AMX, or AVX-512 of AMD)"};
  if (syscall(SYS_arch_prctl, kRequestPermission, kTileData) != 0)
    return {.missing = "the system does not let this program use AMX's tiles"};
  return {.kernels = &kBf16KernelsAmx};
}

const Found& found() {
  static const Found once = find();
  return once;
}

}  // namespace

const Bf16Kernels* bf16_kernels() { return found().kernels; }
const char* bf16_missing() { return found().missing; }

}  // namespace slm
