#pragma once

#include <cstdint>

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

namespace slm {

/// The calling thread's floating-point control register.
#if defined(__SSE2__)
using FloatMode = unsigned;
inline constexpr FloatMode kFlushToZero = 0x8000 | 0x0040;  // results and operands
inline FloatMode float_mode() { return _mm_getcsr(); }
inline void set_float_mode(FloatMode mode) { _mm_setcsr(mode); }
#elif defined(__aarch64__)
using FloatMode = std::uint64_t;
inline constexpr FloatMode kFlushToZero = FloatMode{1} << 24;
inline FloatMode float_mode() {
  FloatMode mode;
  asm volatile("mrs %0, fpcr" : "=r"(mode));
  return mode;
}
inline void set_float_mode(FloatMode mode) { asm volatile("msr fpcr, %0" : : "r"(mode)); }
#endif

/// Makes denormal numbers 0, as operands and as results, in the calling thread: vanishing activations and moments
/// would otherwise cost a hundred cycles an operation. To be called first in every thread that computes.
inline void set_flush_to_zero() { set_float_mode(float_mode() | kFlushToZero); }

/// While it lives, the calling thread keeps denormals, as every other program does: environments must equal Gymnasium's
/// to the last bit, in training as in tests.
class DefaultFloatMode {
 public:
  DefaultFloatMode() : before_(float_mode()) { set_float_mode(before_ & ~kFlushToZero); }
  ~DefaultFloatMode() { set_float_mode(before_); }
  DefaultFloatMode(const DefaultFloatMode&) = delete;
  DefaultFloatMode& operator=(const DefaultFloatMode&) = delete;

 private:
  FloatMode before_;
};

}  // namespace slm
