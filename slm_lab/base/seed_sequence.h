#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace slm {

/// NumPy's SeedSequence (numpy/random/bit_generator.pyx): mixes entropy words into a pool and expands it.
class SeedSequence {
 public:
  /// Entropy as NumPy takes a list of non-negative integers: each is split into 32-bit words, low first, 0 giving one
  /// word. `spawn_key` {k} of NumPy's child k is the same as the entropy padded with zeros to four words, then k.
  explicit SeedSequence(std::span<const std::uint64_t> entropy);
  std::vector<std::uint32_t> generate_state(std::size_t num_words) const;
  const std::array<std::uint32_t, 4>& pool() const { return pool_; }

 private:
  std::array<std::uint32_t, 4> pool_{};
};

}  // namespace slm
