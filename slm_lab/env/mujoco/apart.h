#pragma once

#include <chrono>
#include <functional>
#include <string>

namespace slm {

/// Does `work` in a child process that may take 10 s of processor time, 4 GB of memory and `patience` in all, for what
/// a stranger's file may make endless or larger than the machine. Returns "", what `work` threw, or why the child was
/// ended. Nothing else of what `work` does reaches this process. Throws Error(missing) where the system gives no
/// process.
std::string failure_apart(const std::function<void()>& work,
                          std::chrono::milliseconds patience = std::chrono::seconds(60));

}  // namespace slm
