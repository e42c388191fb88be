#include "slm_lab/base/rng.h"

#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include "slm_lab/base/archive.h"
#include "slm_lab/base/error.h"

namespace slm {
namespace {

unsigned __int128 join(std::uint64_t high, std::uint64_t low) {
  return (static_cast<unsigned __int128>(high) << 64) | low;
}

// FNV-1a (Fowler, Noll, Vo): the same number on every machine, which std::hash does not promise.
std::uint64_t fnv1a64(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return hash;
}

}  // namespace

Rng::Rng(std::uint64_t seed) : Rng(std::span<const std::uint64_t>(&seed, 1)) {}

Rng::Rng(std::span<const std::uint64_t> entropy) {
  const std::vector<std::uint32_t> words = SeedSequence(entropy).generate_state(8);
  std::array<std::uint64_t, 4> seeds;
  for (std::size_t i = 0; i < seeds.size(); ++i)
    seeds[i] = words[2 * i] | (static_cast<std::uint64_t>(words[2 * i + 1]) << 32);
  // pcg_setseq_128_srandom: one step from zero, add the seed, one more step.
  state_.inc = (join(seeds[2], seeds[3]) << 1) | 1;
  state_.state = state_.inc + join(seeds[0], seeds[1]);
  state_.state = state_.state * kMultiplier + state_.inc;
}

double Rng::uniform(double low, double high) { return low + (high - low) * random(); }

double Rng::normal_at_edge(std::size_t layer, std::uint64_t k, double x) {
  if (layer == 0) {
    for (;;) {  // the tail (Marsaglia 1964); its sign is bit 8 of k
      const double beyond = -kZigguratInverseTail * std::log1p(-random());
      const double y = -std::log1p(-random());
      if (y + y > beyond * beyond) return (k >> 8) & 1 ? -(kZigguratTail + beyond) : kZigguratTail + beyond;
    }
  }
  const double height = (kZigguratHeight[layer - 1] - kZigguratHeight[layer]) * random() + kZigguratHeight[layer];
  return height < std::exp(-0.5 * x * x) ? x : standard_normal();
}

// Lemire 2019, "Fast random integer generation in an interval".
std::uint32_t Rng::below32(std::uint32_t bound) {
  std::uint64_t product = static_cast<std::uint64_t>(next32()) * bound;
  if (static_cast<std::uint32_t>(product) < bound) {
    const std::uint32_t threshold = -bound % bound;
    while (static_cast<std::uint32_t>(product) < threshold) product = static_cast<std::uint64_t>(next32()) * bound;
  }
  return static_cast<std::uint32_t>(product >> 32);
}

std::uint64_t Rng::below64(std::uint64_t bound) {
  unsigned __int128 product = static_cast<unsigned __int128>(next()) * bound;
  if (static_cast<std::uint64_t>(product) < bound) {
    const std::uint64_t threshold = -bound % bound;
    while (static_cast<std::uint64_t>(product) < threshold) product = static_cast<unsigned __int128>(next()) * bound;
  }
  return static_cast<std::uint64_t>(product >> 64);
}

std::int64_t Rng::integers(std::int64_t low, std::int64_t high) {
  ensure(low < high, "integers: empty range");
  const std::uint64_t bound = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
  std::uint64_t offset;
  if (bound == 1) {
    return low;  // draws nothing
  } else if (bound < std::uint64_t{1} << 32) {
    offset = below32(static_cast<std::uint32_t>(bound));
  } else if (bound == std::uint64_t{1} << 32) {
    offset = next32();
  } else {
    offset = below64(bound);
  }
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + offset);
}

void Rng::shuffle(std::span<std::int32_t> values) {
  for (std::size_t i = values.size(); i > 1; --i)
    std::swap(values[i - 1], values[below32(static_cast<std::uint32_t>(i))]);
}

void Rng::serialize(Archive& archive) {
  const auto high = [](unsigned __int128 value) { return static_cast<std::uint64_t>(value >> 64); };
  const auto low = [](unsigned __int128 value) { return static_cast<std::uint64_t>(value); };
  std::vector<std::uint64_t> words{high(state_.state), low(state_.state), high(state_.inc),
                                   low(state_.inc),    state_.has_uint32, state_.uinteger};
  archive("pcg64", std::span<std::uint64_t>(words));
  state_ = {join(words[0], words[1]), join(words[2], words[3]), words[4] != 0, static_cast<std::uint32_t>(words[5])};
}

Rng Streams::stream(std::string_view name, std::uint64_t index) const {
  return Rng(std::array{seed_, trial_, session_, fnv1a64(name), index, moment_});
}

Streams Streams::at(std::uint64_t moment) const {
  Streams streams = *this;
  streams.moment_ = moment + 1;
  return streams;
}

}  // namespace slm
