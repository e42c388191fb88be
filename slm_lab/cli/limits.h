#pragma once

namespace slm {

/// Threads that may be asked for: far more than help on any machine, and few enough for every machine to start.
inline constexpr int kMaxThreads = 1024;

}  // namespace slm
