#include "slm_lab/base/rng.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string>

#include "slm_lab/base/archive.h"
#include "slm_lab/base/build_info.h"

namespace slm::rng_test {
namespace {

using Json = nlohmann::json;

// Numbers drawn with NumPy's own Generator (tests/golden/README.md).
const Json& golden() {
  static const Json data = Json::parse(std::ifstream(source_dir() + "/tests/golden/rng.json"));
  return data;
}

std::uint64_t to_u64(const Json& text) { return std::stoull(text.get<std::string>(), nullptr, 0); }
double to_double(const Json& bits) { return std::bit_cast<double>(to_u64(bits)); }

unsigned __int128 to_u128(const Json& text) {
  const auto digits = text.get<std::string>().substr(2);  // "0x" and 32 digits
  return (static_cast<unsigned __int128>(std::stoull(digits.substr(0, 16), nullptr, 16)) << 64) |
         std::stoull(digits.substr(16), nullptr, 16);
}

Rng::State to_state(const Json& state) {
  return {to_u128(state["state"]), to_u128(state["inc"]), state["has_uint32"] == 1,
          state["uinteger"].get<std::uint32_t>()};
}

std::uint32_t crc32(std::uint32_t crc, std::uint64_t value) {  // zlib's, of the 8 little-endian bytes
  crc = ~crc;
  for (int bit = 0; bit < 64; ++bit, value >>= 1)
    crc = (crc >> 1) ^ (((crc ^ static_cast<std::uint32_t>(value)) & 1) ? 0xedb88320u : 0u);
  return ~crc;
}

template <class Draw>
void expect_doubles(std::uint64_t seed, const Json& expected, Draw draw) {
  Rng rng(seed);
  for (const Json& bits : expected["bits"]) ASSERT_EQ(std::bit_cast<std::uint64_t>(draw(rng)), to_u64(bits));
  EXPECT_TRUE(rng.state() == to_state(expected["rng_after"]));
}

template <class Draw>
void expect_long(std::uint64_t seed, const Json& expected, Draw draw) {
  Rng rng(seed);
  std::uint32_t crc = 0;
  double max_abs = 0;
  const std::size_t n = expected["n"], every = expected["every"];
  for (std::size_t i = 0; i < n; ++i) {
    const double value = draw(rng);
    crc = crc32(crc, std::bit_cast<std::uint64_t>(value));
    max_abs = std::max(max_abs, std::abs(value));
    if ((i + 1) % every == 0) {
      ASSERT_EQ(value, to_double(expected["bits"][i / every])) << i;
    }
  }
  EXPECT_EQ(crc, expected["crc32_of_little_endian_f64"].get<std::uint32_t>());
  EXPECT_EQ(max_abs, to_double(expected["max_abs"]));
  EXPECT_TRUE(rng.state() == to_state(expected["rng_after"]));
}

class NumpyGenerator : public testing::TestWithParam<std::uint64_t> {
 protected:
  const std::uint64_t seed = GetParam();
  const Json& expected = golden()["seeds"][std::to_string(seed)];
};

TEST_P(NumpyGenerator, StartsAndGivesRawBits) {
  Rng rng(seed);
  EXPECT_TRUE(rng.state() == to_state(expected["pcg64_initial_state"]));
  for (const Json& bits : expected["random_raw"]) ASSERT_EQ(rng.next(), to_u64(bits));
}

TEST_P(NumpyGenerator, Reals) {
  expect_doubles(seed, expected["random"], [](Rng& rng) { return rng.random(); });
  expect_doubles(seed, expected["uniform(-0.05,0.05)"], [](Rng& rng) { return rng.uniform(-0.05, 0.05); });
  const double pi = 3.141592653589793;
  expect_doubles(seed, expected["uniform(-3.141592653589793,3.141592653589793)"],
                 [pi](Rng& rng) { return rng.uniform(-pi, pi); });
  expect_doubles(seed, expected["standard_normal"], [](Rng& rng) { return rng.standard_normal(); });
}

TEST_P(NumpyGenerator, Integers) {
  for (const Json& range : expected["integers"]) {
    const auto low = std::stoll(range["low"].get<std::string>());
    const auto high = std::stoll(range["high_exclusive"].get<std::string>());
    Rng rng(seed);
    for (const Json& value : range["values"]) {
      ASSERT_EQ(rng.integers(low, high), std::stoll(value.get<std::string>())) << low << " to " << high;
    }
    EXPECT_TRUE(rng.state() == to_state(range["rng_after"])) << low << " to " << high;
  }
}

TEST_P(NumpyGenerator, MixedCallsShareTheBufferedHalf) {
  Rng rng(seed);
  for (const Json& call : expected["interleaved"]["ops"]) {
    const std::string op = call["op"];
    const auto argument = [&](int i) { return call["args"][i].get<std::string>(); };
    if (op == "integers")
      ASSERT_EQ(std::to_string(rng.integers(std::stoll(argument(0)), std::stoll(argument(1)))), call["out"]);
    else if (op == "random")
      ASSERT_EQ(rng.random(), to_double(call["out"]));
    else if (op == "uniform")
      ASSERT_EQ(rng.uniform(std::stod(argument(0)), std::stod(argument(1))), to_double(call["out"]));
    else if (op == "standard_normal")
      ASSERT_EQ(rng.standard_normal(), to_double(call["out"]));
    else
      FAIL() << op;
  }
  EXPECT_TRUE(rng.state() == to_state(expected["interleaved"]["rng_after"]));
}

TEST_P(NumpyGenerator, LongSequencesReachTheRareBranches) {
  expect_long(seed, expected["long"]["random"], [](Rng& rng) { return rng.random(); });
  expect_long(seed, expected["long"]["standard_normal"], [](Rng& rng) { return rng.standard_normal(); });
}

INSTANTIATE_TEST_SUITE_P(Golden, NumpyGenerator, testing::Values(0, 1, 42, 123456789));

// 64-bit words of NumPy's entropy; larger integers become their 32-bit words.
std::vector<std::uint64_t> to_entropy(const Json& entropy) {
  if (entropy == "18446744073709551621") return {5, 0, 1};  // 2^64 + 5
  std::vector<std::uint64_t> values;
  for (const Json& value : entropy.is_array() ? entropy : Json::array({entropy})) values.push_back(to_u64(value));
  return values;
}

std::vector<std::uint64_t> state64(const SeedSequence& sequence) {
  const auto words = sequence.generate_state(8);
  std::vector<std::uint64_t> out;
  for (std::size_t i = 0; i < 8; i += 2) out.push_back(words[i] | (static_cast<std::uint64_t>(words[i + 1]) << 32));
  return out;
}

TEST(SeedSequence, IsNumpys) {
  for (const Json& expected : golden()["seed_sequence"]) {
    SCOPED_TRACE(expected["entropy"].dump());
    std::vector<std::uint64_t> entropy = to_entropy(expected["entropy"]);
    const SeedSequence sequence(entropy);
    const auto words = sequence.generate_state(8);
    for (int i = 0; i < 4; ++i) EXPECT_EQ(sequence.pool()[i], to_u64(expected["pool"][i]));
    for (int i = 0; i < 8; ++i) EXPECT_EQ(words[i], to_u64(expected["generate_state_8_uint32"][i]));
    for (int i = 0; i < 4; ++i) EXPECT_EQ(state64(sequence)[i], to_u64(expected["generate_state_4_uint64"][i]));
    EXPECT_TRUE(Rng(entropy).state() == to_state(expected["pcg64"]));

    std::size_t num_words = 0;
    for (const std::uint64_t value : entropy) num_words += value >> 32 ? 2 : 1;
    for (; num_words < 4; ++num_words) entropy.push_back(0);
    for (const Json& child : expected["spawn"]) {
      std::vector<std::uint64_t> child_entropy = entropy;
      for (const Json& key : child["spawn_key"]) child_entropy.push_back(key);
      for (int i = 0; i < 4; ++i)
        EXPECT_EQ(state64(SeedSequence(child_entropy))[i], to_u64(child["generate_state_4_uint64"][i]));
    }
  }
}

TEST(Rng, ShuffleIsAPermutationThatTheSeedDecides) {
  std::vector<std::int32_t> values(1000), again(1000), sorted(1000);
  std::iota(values.begin(), values.end(), 0);
  again = sorted = values;
  Rng(7).shuffle(values);
  Rng(7).shuffle(again);
  EXPECT_EQ(values, again);
  EXPECT_NE(values, sorted);
  std::ranges::sort(values);
  EXPECT_EQ(values, sorted);
}

TEST(Rng, ShuffleGivesEveryOrderEqually) {
  Rng rng(1);
  std::vector<int> counts(6);
  for (int i = 0; i < 60000; ++i) {
    std::vector<std::int32_t> values{0, 1, 2};
    rng.shuffle(values);
    ++counts[2 * values[0] + (values[1] > values[2])];
  }
  // 10000 expected of each, standard deviation 91
  for (const int count : counts) EXPECT_NEAR(count, 10000, 400);
}

TEST(Rng, RestoresMidwayThroughABufferedDraw) {
  Rng rng(3);
  rng.integers(0, 10);
  ASSERT_TRUE(rng.state().has_uint32);
  Archive saved;
  rng.serialize(saved);
  Rng restored(4);
  Archive loaded = saved.reopened();
  restored.serialize(loaded);
  EXPECT_TRUE(restored.state() == rng.state());
  EXPECT_EQ(restored.integers(0, 10), rng.integers(0, 10));
  EXPECT_EQ(restored.standard_normal(), rng.standard_normal());
}

TEST(Rng, AnEmptyRangeIsOurMistake) { EXPECT_THROW(Rng(0).integers(3, 3), std::logic_error); }

TEST(Streams, EveryPartOfTheNameCounts) {
  const Streams streams(1, 2, 3);
  EXPECT_EQ(streams.stream("env", 4).next(), Streams(1, 2, 3).stream("env", 4).next());
  std::vector<std::uint64_t> firsts{
      streams.stream("env").next(),          streams.stream("env", 1).next(),
      streams.stream("eval_env").next(),     Streams(2, 2, 3).stream("env").next(),
      Streams(1, 3, 3).stream("env").next(), Streams(1, 2, 4).stream("env").next(),
      streams.at(0).stream("env").next(),    streams.at(7).stream("env").next(),
  };
  std::ranges::sort(firsts);
  EXPECT_EQ(std::ranges::adjacent_find(firsts), firsts.end());
  // SeedSequence([1, 2, 3, fnv1a64("a"), 4, 0]); the hash of "a" is in the FNV authors' list of test vectors.
  EXPECT_EQ(streams.stream("a", 4).next(), Rng(std::vector<std::uint64_t>{1, 2, 3, 0xaf63dc4c8601ec8cu, 4, 0}).next());
}

}  // namespace
}  // namespace slm::rng_test
