#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace slm {

/// XXH3 of 128 bits as 32 hexadecimal digits: finds damage in large data at the speed of memory. It is no signature:
/// for provenance there is SHA-256.
std::string xxh3_hex(std::span<const std::byte> bytes);

/// XXH3 of 64 bits: of bytes that come in pieces, where `seed` is what it gave for those before.
std::uint64_t xxh3_64(std::span<const std::byte> bytes, std::uint64_t seed);

}  // namespace slm
