#pragma once

#include <array>
#include <cstdint>

namespace slm {

constexpr int kSobolDimensions = 21;

/// Coordinate `dimension` (from 0) of point `index` of the Sobol sequence with the direction numbers of Joe & Kuo 2008,
/// in the order of Gray codes (Antonov & Saleev 1979): 32 bits behind the point.
std::uint32_t sobol_bits(std::uint32_t index, int dimension);

}  // namespace slm
