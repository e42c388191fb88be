#pragma once

#include <cstdint>

namespace slm {

/// Bytes of memory that this process may use at most: what the machine has, or less where a container says so.
std::int64_t memory_limit();

}  // namespace slm
