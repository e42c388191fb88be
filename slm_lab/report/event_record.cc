#include "slm_lab/report/event_record.h"

#include <array>
#include <bit>

#include "slm_lab/report/wire_format.h"

namespace slm {
namespace {

constexpr std::size_t kHeaderBytes = 12, kFooterBytes = 4;
constexpr std::uint64_t kMaxData = 64 << 20;  // more is no length: the largest of ours holds a spec file

/// TFRecord's checksum: rotated and shifted, so that a checksum of data that holds checksums stays a good one.
std::uint32_t masked_crc(std::string_view data) { return std::rotr(crc32c(data), 15) + 0xa282ead8U; }

// Debian has it for Python only; this loop takes 2 us for a log point.
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

void append_event_record(std::string_view data, std::string& out) {
  const std::size_t begin = out.size();
  append_little_endian(std::uint64_t{data.size()}, out);
  append_little_endian(masked_crc(std::string_view(out).substr(begin)), out);
  out.append(data);
  append_little_endian(masked_crc(data), out);
}

EventRecord next_event_record(std::string_view& left) {
  using enum EventRecord::State;
  if (left.size() < kHeaderBytes) return {partial};
  const auto size = little_endian<std::uint64_t>(left);
  if (size > kMaxData || little_endian<std::uint32_t>(left.substr(8)) != masked_crc(left.substr(0, 8)))
    return {damaged};
  if (left.size() < kHeaderBytes + size + kFooterBytes) return {partial};
  const std::string_view data = left.substr(kHeaderBytes, size);
  if (little_endian<std::uint32_t>(left.substr(kHeaderBytes + size)) != masked_crc(data)) return {damaged};
  left.remove_prefix(kHeaderBytes + size + kFooterBytes);
  return {whole, data};
}

}  // namespace slm
