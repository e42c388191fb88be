#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace slm {

/// XXH3 of 128 bits as 32 hexadecimal digits: finds damage in large data at the speed of memory. It is no signature:
/// for provenance there is SHA-256.
std::string xxh3_hex(std::span<const std::byte> bytes);

}  // namespace slm
