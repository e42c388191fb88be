#pragma once

#include <chrono>
#include <thread>

namespace slm {

/// Between two looks at something that another process does; no outcome may depend on how long it is.
inline void nap(std::chrono::microseconds time = std::chrono::milliseconds(1)) { std::this_thread::sleep_for(time); }

}  // namespace slm
