#pragma once

namespace slm {

/// Whether a sanitizer is in this program, which needs descriptors, address space and a malloc of its own.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

}  // namespace slm
