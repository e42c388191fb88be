#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "slm_lab/report/record.h"

namespace slm {

// The bytes of TensorBoard's event files, scalars only: TFRecord framing around the Event message of TensorFlow's
// event.proto. A file is tensorboard_header() followed by log points; its name begins with events.out.tfevents.
// Times are seconds since 1970. A reader stops quietly at a torn record, so such a file may be appended to and cut.

/// The first record of every file.
std::string tensorboard_header(double wall_time);

/// One record: a scalar `{column}/{unit}` at step `frame` for every column of the row that has a value.
std::string tensorboard_log_point(double wall_time, const SessionRow& row, std::string_view unit);

std::uint32_t crc32c(std::string_view bytes);  ///< Castagnoli, as RFC 3720 appendix B.4 defines it

}  // namespace slm
