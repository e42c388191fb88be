#include "slm_lab/base/seed_sequence.h"

namespace slm {
namespace {

// O'Neill's seed_seq_fe, with NumPy's constants: a hash whose multiplier changes with each use.
class Hash {
 public:
  Hash(std::uint32_t start, std::uint32_t multiplier) : constant_(start), multiplier_(multiplier) {}

  std::uint32_t operator()(std::uint32_t value) {
    value ^= constant_;
    constant_ *= multiplier_;
    value *= constant_;
    return value ^ (value >> 16);
  }

 private:
  std::uint32_t constant_, multiplier_;
};

std::uint32_t mix(std::uint32_t x, std::uint32_t y) {
  const std::uint32_t mixed = 0xca01f9ddu * x - 0x4973f715u * y;
  return mixed ^ (mixed >> 16);
}

std::vector<std::uint32_t> to_words(std::span<const std::uint64_t> entropy) {
  std::vector<std::uint32_t> words;
  for (const std::uint64_t value : entropy) {
    words.push_back(static_cast<std::uint32_t>(value));
    if (value >> 32) words.push_back(static_cast<std::uint32_t>(value >> 32));
  }
  return words;
}

}  // namespace

SeedSequence::SeedSequence(std::span<const std::uint64_t> entropy) {
  const std::vector<std::uint32_t> words = to_words(entropy);
  Hash hash(0x43b0d7e5u, 0x931e8875u);
  for (std::size_t i = 0; i < pool_.size(); ++i) pool_[i] = hash(i < words.size() ? words[i] : 0);
  for (std::size_t source = 0; source < pool_.size(); ++source)
    for (std::size_t target = 0; target < pool_.size(); ++target)
      if (source != target) pool_[target] = mix(pool_[target], hash(pool_[source]));
  for (std::size_t source = pool_.size(); source < words.size(); ++source)
    for (std::uint32_t& target : pool_) target = mix(target, hash(words[source]));
}

std::vector<std::uint32_t> SeedSequence::generate_state(std::size_t num_words) const {
  std::vector<std::uint32_t> words(num_words);
  Hash hash(0x8b51f9ddu, 0x58f38dedu);
  for (std::size_t i = 0; i < num_words; ++i) words[i] = hash(pool_[i % pool_.size()]);
  return words;
}

}  // namespace slm
