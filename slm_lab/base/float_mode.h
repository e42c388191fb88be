#pragma once

#include <cstdint>

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

namespace slm {

/// Whether the calling thread takes denormal numbers for 0, as operands and as results. Programs start without.
bool flushes_to_zero();
void set_flush_to_zero(bool flush);

#if defined(__SSE2__)
inline constexpr unsigned kFlushBits = 0x8000 | 0x0040;  // results and operands
inline bool flushes_to_zero() { return (_mm_getcsr() & kFlushBits) == kFlushBits; }
inline void set_flush_to_zero(bool flush) {
  const unsigned others = _mm_getcsr() & ~kFlushBits;
  _mm_setcsr(flush ? others | kFlushBits : others);
}
#elif defined(__aarch64__)
inline constexpr std::uint64_t kFlushBits = std::uint64_t{1} << 24;
inline std::uint64_t control_register() {
  std::uint64_t bits;
  asm volatile("mrs %0, fpcr" : "=r"(bits));
  return bits;
}
inline bool flushes_to_zero() { return (control_register() & kFlushBits) != 0; }
inline void set_flush_to_zero(bool flush) {
  const std::uint64_t others = control_register() & ~kFlushBits;
  asm volatile("msr fpcr, %0" : : "r"(flush ? others | kFlushBits : others));
}
#endif

/// While it lives, denormals are 0 in the calling thread, and in those of a pool that work for it: vanishing
/// activations, gradients and moments would otherwise cost a hundred cycles an operation. For updates of weights alone:
/// environments must equal Gymnasium's to the last bit, in training as in tests, and to change the mode takes as long
/// as a step of CartPole.
class FlushToZero {
 public:
  FlushToZero() : before_(flushes_to_zero()) {
    if (!before_) set_flush_to_zero(true);
  }
  ~FlushToZero() {
    if (!before_) set_flush_to_zero(false);
  }
  FlushToZero(const FlushToZero&) = delete;
  FlushToZero& operator=(const FlushToZero&) = delete;

 private:
  bool before_;
};

}  // namespace slm
