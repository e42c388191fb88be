#include "slm_lab/net/kernel.h"

#include <array>
#include <cmath>

#include "slm_lab/net/kernel_builds.h"

namespace slm {

AdamStep adam_step(double lr, double beta1, double beta2, double eps, double weight_decay, bool decoupled,
                   std::int64_t t, double grad_scale) {
  AdamStep s;
  s.step_size = static_cast<float>(lr / (1 - std::pow(beta1, t)));
  s.one_minus_beta1 = static_cast<float>(1 - beta1);
  s.beta2 = static_cast<float>(beta2);
  s.one_minus_beta2 = static_cast<float>(1 - beta2);
  s.eps = static_cast<float>(eps);
  s.sqrt_bias_correction2 = static_cast<float>(std::sqrt(1 - std::pow(beta2, t)));
  s.l2 = decoupled ? 0.0f : static_cast<float>(weight_decay);
  s.keep = decoupled ? static_cast<float>(1 - lr * weight_decay) : 1.0f;
  s.grad_scale = static_cast<float>(grad_scale);
  return s;
}

namespace {

struct Builds {
  std::array<const Kernels*, 3> list;
  std::size_t count = 0;
};

Builds find_builds() {
  Builds found;
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
    found.list[found.count++] = &kKernelsV4;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2"))
    found.list[found.count++] = &kKernelsV3;
  found.list[found.count++] = &kKernelsV1;
  return found;
}

}  // namespace

std::span<const Kernels* const> supported_kernels() {
  static const Builds builds = find_builds();
  return {builds.list.data(), builds.count};
}

const Kernels& kernels() {
  static const Kernels& best = *supported_kernels().front();
  return best;
}

}  // namespace slm
