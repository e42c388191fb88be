#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <string_view>

#include "slm_lab/base/seed_sequence.h"
#include "slm_lab/base/ziggurat_tables.h"

namespace slm {

class Archive;

/// NumPy's Generator(PCG64(SeedSequence(...))): same seed, same numbers, bit for bit.
class Rng {
 public:
  explicit Rng(std::uint64_t seed);
  explicit Rng(std::span<const std::uint64_t> entropy);

  /// 64 random bits (PCG XSL-RR 128/64, O'Neill 2014)
  std::uint64_t next() {
    state_.state = state_.state * kMultiplier + state_.inc;
    const auto high = static_cast<std::uint64_t>(state_.state >> 64);
    return std::rotr(high ^ static_cast<std::uint64_t>(state_.state), static_cast<int>(high >> 58));
  }

  /// [0, 1), 53 bits
  double random() { return static_cast<double>(next() >> 11) * 0x1p-53; }

  /// NumPy's ziggurat
  double standard_normal() {
    const std::uint64_t bits = next();
    const std::size_t layer = bits & 0xff;
    const std::uint64_t k = (bits >> 9) & 0x000fffffffffffffu;
    const double magnitude = static_cast<double>(k) * kZigguratWidth[layer];
    const double x = (bits >> 8) & 1 ? -magnitude : magnitude;
    if (k < kZigguratEdge[layer]) [[likely]]
      return x;
    return normal_at_edge(layer, k, x);
  }

  // Not inline: a fused multiply-add in a caller's build would change the bits.
  double uniform(double low, double high);                     ///< low + (high - low) * random()
  std::int64_t integers(std::int64_t low, std::int64_t high);  ///< [low, high), as Generator.integers(low, high)
  void shuffle(std::span<std::int32_t> values);                ///< Fisher-Yates from the back; not NumPy's order

  void serialize(Archive& archive);

  struct State {  // what NumPy's bit_generator.state shows
    unsigned __int128 state, inc;
    bool has_uint32;
    std::uint32_t uinteger;
    bool operator==(const State&) const = default;
  };
  const State& state() const { return state_; }

 private:
  static constexpr unsigned __int128 kMultiplier =
      (static_cast<unsigned __int128>(0x2360ed051fc65da4u) << 64) | 0x4385df649fccf645u;

  /// The low half of a fresh draw first; its high half is kept for the next call.
  std::uint32_t next32() {
    if (state_.has_uint32) {
      state_.has_uint32 = false;
      return state_.uinteger;
    }
    const std::uint64_t bits = next();
    state_.has_uint32 = true;
    state_.uinteger = static_cast<std::uint32_t>(bits >> 32);
    return static_cast<std::uint32_t>(bits);
  }

  std::uint32_t below32(std::uint32_t bound);  // [0, bound), bound > 0
  std::uint64_t below64(std::uint64_t bound);
  double normal_at_edge(std::size_t layer, std::uint64_t k, double x);

  State state_{};
};

/// The named random streams of one session. Each consumer has its own, so a draw added in one place shifts no other.
class Streams {
 public:
  Streams(std::uint64_t seed, std::uint64_t trial, std::uint64_t session)
      : seed_(seed), trial_(trial), session_(session) {}
  Rng stream(std::string_view name, std::uint64_t index = 0) const;
  /// Other streams of the same session, for what happens at one moment of it (the evaluation at frame `moment`).
  Streams at(std::uint64_t moment) const;

 private:
  std::uint64_t seed_, trial_, session_;
  std::uint64_t moment_ = 0;  // 0: the session itself
};

}  // namespace slm
