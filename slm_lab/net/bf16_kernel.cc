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

const char* find_missing() {
  if (!__builtin_cpu_supports("avx512bf16") || !has_amx_bf16()) return "this processor has no AMX with bf16";
  if (syscall(SYS_arch_prctl, kRequestPermission, kTileData) != 0)
    return "the system does not let this program use AMX's tiles";
  return "";
}

}  // namespace

const char* bf16_missing() {
  static const char* const missing = find_missing();
  return missing;
}

const Bf16Kernels* bf16_kernels() { return *bf16_missing() == '\0' ? &kBf16KernelsAmx : nullptr; }

}  // namespace slm
