#include "slm_lab/search/sobol.h"

#include <bit>

#include "slm_lab/base/error.h"

namespace slm {
namespace {

// Joe & Kuo 2008, "Constructing Sobol sequences with better two-dimensional projections", table of the first dimensions
// (new-joe-kuo-6): a primitive polynomial of this degree with the inner coefficients `inner`, and the first numbers m.
struct Polynomial {
  int degree;
  std::uint32_t inner;
  std::array<std::uint32_t, 7> m;
};
constexpr std::array<Polynomial, kSobolDimensions - 1> kPolynomials = {{
    {1, 0, {1}},
    {2, 1, {1, 3}},
    {3, 1, {1, 3, 1}},
    {3, 2, {1, 1, 1}},
    {4, 1, {1, 1, 3, 3}},
    {4, 4, {1, 3, 5, 13}},
    {5, 2, {1, 1, 5, 5, 17}},
    {5, 4, {1, 1, 5, 5, 5}},
    {5, 7, {1, 1, 7, 11, 19}},
    {5, 11, {1, 1, 5, 1, 1}},
    {5, 13, {1, 1, 1, 3, 11}},
    {5, 14, {1, 3, 5, 5, 31}},
    {6, 1, {1, 3, 3, 9, 7, 49}},
    {6, 13, {1, 1, 1, 15, 21, 21}},
    {6, 16, {1, 3, 1, 13, 27, 49}},
    {6, 19, {1, 1, 1, 15, 7, 5}},
    {6, 22, {1, 3, 1, 15, 13, 25}},
    {6, 25, {1, 1, 5, 5, 19, 61}},
    {7, 1, {1, 3, 7, 11, 23, 15, 103}},
    {7, 4, {1, 3, 7, 13, 13, 15, 69}},
}};

std::array<std::uint32_t, 32> directions(int dimension) {
  std::array<std::uint32_t, 32> v{};
  if (dimension == 0) {  // van der Corput
    for (int i = 0; i < 32; ++i) v[static_cast<std::size_t>(i)] = 1u << (31 - i);
    return v;
  }
  const Polynomial& p = kPolynomials[static_cast<std::size_t>(dimension - 1)];
  const auto s = static_cast<std::size_t>(p.degree);
  for (std::size_t i = 0; i < 32; ++i) {
    if (i < s) {
      v[i] = p.m[i] << (31 - i);
      continue;
    }
    v[i] = v[i - s] ^ (v[i - s] >> s);
    for (std::size_t k = 1; k < s; ++k)
      if ((p.inner >> (s - 1 - k)) & 1) v[i] ^= v[i - k];
  }
  return v;
}

}  // namespace

std::uint32_t sobol_bits(std::uint32_t index, int dimension) {
  ensure(dimension >= 0 && dimension < kSobolDimensions, "sobol_bits: no such dimension");
  const std::array<std::uint32_t, 32> v = directions(dimension);
  std::uint32_t bits = 0;
  for (std::uint32_t gray = index ^ (index >> 1); gray != 0; gray &= gray - 1)
    bits ^= v[static_cast<std::size_t>(std::countr_zero(gray))];
  return bits;
}

}  // namespace slm
