#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace slm {

// TFRecord, the framing of event files: the length as 8 bytes, its checksum, the data, their checksum; all numbers
// little-endian. A reader stops quietly at a record that is not whole yet, so that a file may be read while it grows.

void append_event_record(std::string_view data, std::string& out);

/// What a stretch of an event file begins with.
struct EventRecord {
  enum class State { whole, partial, damaged };
  State state = State::partial;  ///< partial: the stretch ends amid it
  std::string_view data = {};    ///< of a whole one
};
/// The first record of `left`, which then begins behind it if that is whole.
EventRecord next_event_record(std::string_view& left);

std::uint32_t crc32c(std::string_view bytes);  ///< Castagnoli, as RFC 3720 appendix B.4 defines it

}  // namespace slm
