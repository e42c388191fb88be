#pragma once

#include <array>
#include <cstdint>

namespace slm {

// The 256 layers of equal area under exp(-x^2 / 2) (Marsaglia & Tsang 2000); layer 0 is the base with the tail, layer
// 255 the widest above it. A point of layer i is x = k * width[i] for 52 random bits k, and lies under the curve at
// once when k < edge[i].
constexpr double kZigguratTail = 0x1.d3bb48209ad33p+1;         // 3.6541528853610088: where the tail begins
constexpr double kZigguratInverseTail = 0x1.183aa6c20e8c1p-2;  // 0.27366123732975828 = 1 / kZigguratTail

extern const std::array<std::uint64_t, 256> kZigguratEdge;
extern const std::array<double, 256> kZigguratWidth;
extern const std::array<double, 256> kZigguratHeight;  // exp(-x^2 / 2) at the layer's outer edge

}  // namespace slm
