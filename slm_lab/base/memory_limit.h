#pragma once

#include <cstdint>
#include <string>

namespace slm {

/// Bytes of memory that this process may use at most: what the machine has, or less where a container says so.
std::int64_t memory_limit();
/// "1.5 GiB".
std::string gib_text(double bytes);

}  // namespace slm
