#include "slm_lab/report/wire_format.h"

#include <bit>

namespace slm {
namespace {

enum class WireType : unsigned { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

void append_varint(std::uint64_t value, std::string& out) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

void append_key(int number, WireType type, std::string& out) {
  append_varint(static_cast<std::uint64_t>(number) * 8 + static_cast<unsigned>(type), out);
}

std::optional<std::uint64_t> next_varint(std::string_view& left) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && !left.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(left[0]);
    left.remove_prefix(1);
    value |= std::uint64_t{byte & 0x7fU} << shift;
    if (byte < 0x80) return value;
  }
  return std::nullopt;
}

}  // namespace

void append_varint_field(int number, std::uint64_t value, std::string& message) {
  append_key(number, WireType::varint, message);
  append_varint(value, message);
}

void append_double_field(int number, double value, std::string& message) {
  append_key(number, WireType::fixed64, message);
  append_little_endian(std::bit_cast<std::uint64_t>(value), message);
}

void append_float_field(int number, float value, std::string& message) {
  append_key(number, WireType::fixed32, message);
  append_little_endian(std::bit_cast<std::uint32_t>(value), message);
}

void append_bytes_field(int number, std::string_view value, std::string& message) {
  append_key(number, WireType::bytes, message);
  append_varint(value.size(), message);
  message.append(value);
}

std::optional<WireField> next_wire_field(std::string_view& left) {
  const auto key = next_varint(left);
  if (!key) return std::nullopt;
  WireField field{.number = static_cast<int>(*key / 8)};
  std::size_t size = 0;
  switch (const auto type = static_cast<WireType>(*key % 8)) {
    case WireType::varint: {
      const auto value = next_varint(left);
      if (!value) return std::nullopt;
      field.integer = *value;
      return field;
    }
    case WireType::bytes: {
      const auto length = next_varint(left);
      if (!length || *length > left.size()) return std::nullopt;
      size = *length;
      field.bytes = left.substr(0, size);
      break;
    }
    case WireType::fixed64:
    case WireType::fixed32:
      size = type == WireType::fixed64 ? 8 : 4;
      if (size > left.size()) return std::nullopt;
      field.integer = size == 8 ? little_endian<std::uint64_t>(left) : little_endian<std::uint32_t>(left);
      break;
    default:
      return std::nullopt;
  }
  left.remove_prefix(size);
  return field;
}

}  // namespace slm
