#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace slm {

// Protocol Buffers, as much of the encoding as event files need (protobuf.dev, "Encoding"): a message is its fields one
// after the other, each a key (number * 8 + wire type) and a value; a message inside another is bytes.

void append_varint_field(int number, std::uint64_t value, std::string& message);
void append_double_field(int number, double value, std::string& message);
void append_float_field(int number, float value, std::string& message);
void append_bytes_field(int number, std::string_view value, std::string& message);

struct WireField {
  int number = 0;
  std::uint64_t integer = 0;    ///< of a varint; of a fixed number its bits
  std::string_view bytes = {};  ///< of bytes, text or a message
};

/// The first field of `left`, which then begins behind it; nothing at its end and where it is no message.
std::optional<WireField> next_wire_field(std::string_view& left);

template <class Unsigned>
void append_little_endian(Unsigned value, std::string& out) {
  for (std::size_t i = 0; i < sizeof value; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
}

/// The first bytes of `bytes`, of which there are enough.
template <class Unsigned>
Unsigned little_endian(std::string_view bytes) {
  Unsigned value = 0;
  for (std::size_t i = 0; i < sizeof value; ++i)
    value |= static_cast<Unsigned>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  return value;
}

}  // namespace slm
