#include "slm_lab/report/tensorboard.h"

#include <array>
#include <bit>
#include <cmath>

namespace slm {
namespace {

// Protocol Buffers: a field begins with number * 8 + wire type.
enum WireType { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };
constexpr int kEventWallTime = 1, kEventStep = 2, kEventFileVersion = 3, kEventSummary = 5;
constexpr int kSummaryValue = 1, kValueTag = 1, kValueSimpleValue = 2;

template <class Unsigned>
void append_little_endian(Unsigned value, std::string& out) {
  for (std::size_t i = 0; i < sizeof value; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
}

void append_varint(std::uint64_t value, std::string& out) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

void append_key(int number, WireType type, std::string& out) { append_varint(number * 8 + type, out); }

void append_bytes(int number, std::string_view value, std::string& out) {
  append_key(number, bytes, out);
  append_varint(value.size(), out);
  out.append(value);
}

std::string event_at(double wall_time) {
  std::string event;
  append_key(kEventWallTime, fixed64, event);
  append_little_endian(std::bit_cast<std::uint64_t>(wall_time), event);
  return event;
}

std::string scalar(std::string_view tag, float value) {
  std::string out;
  append_bytes(kValueTag, tag, out);
  append_key(kValueSimpleValue, fixed32, out);
  append_little_endian(std::bit_cast<std::uint32_t>(value), out);
  return out;
}

/// TFRecord's checksum: rotated and shifted, so that a checksum of data that holds checksums stays a good one.
std::uint32_t masked_crc(std::string_view data) { return std::rotr(crc32c(data), 15) + 0xa282ead8U; }

std::string record_of(std::string_view event) {
  std::string record;
  append_little_endian(std::uint64_t{event.size()}, record);
  append_little_endian(masked_crc(record), record);
  record.append(event);
  append_little_endian(masked_crc(event), record);
  return record;
}

constexpr std::array<std::uint32_t, 256> kCrcTable = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = crc & 1 ? crc >> 1 ^ 0x82f63b78U : crc >> 1;
    table[byte] = crc;
  }
  return table;
}();

}  // namespace

std::uint32_t crc32c(std::string_view data) {
  std::uint32_t crc = ~0U;
  for (const unsigned char byte : data) crc = crc >> 8 ^ kCrcTable[(crc ^ byte) & 0xff];
  return ~crc;
}

std::string tensorboard_header(double wall_time) {
  std::string event = event_at(wall_time);
  append_bytes(kEventFileVersion, "brain.Event:2", event);
  return record_of(event);
}

std::string tensorboard_log_point(double wall_time, const SessionRow& row, std::string_view unit) {
  std::string summary;
  for (const Column& column : kColumns) {
    const double value = row.*column.value;
    if (std::isnan(value)) continue;
    const std::string tag = std::string(column.name) + "/" + std::string(unit);
    append_bytes(kSummaryValue, scalar(tag, static_cast<float>(value)), summary);
  }
  std::string event = event_at(wall_time);
  append_key(kEventStep, varint, event);
  append_varint(static_cast<std::uint64_t>(row.frame), event);
  append_bytes(kEventSummary, summary, event);
  return record_of(event);
}

}  // namespace slm
