#pragma once

#include <cmath>
#include <string_view>

namespace slm {

/// Throws Error(diverged): what became NaN or infinite. Which settings may have caused it, the session says: it knows
/// the spec (experiment/divergence_causes.h).
[[noreturn]] void throw_diverged(std::string_view algorithm, std::string_view quantity, double value);

/// Training stops at the first number that is not finite; nothing is trained on silently.
inline void require_finite(double value, std::string_view algorithm, std::string_view quantity) {
  if (!std::isfinite(value)) [[unlikely]]
    throw_diverged(algorithm, quantity, value);
}

}  // namespace slm
