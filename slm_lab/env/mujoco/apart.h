#pragma once

#include <functional>
#include <string>

namespace slm {

/// Does `work` in a child process that may take 10 s of processor time and 4 GB of memory, for what a stranger's file
/// may make endless or larger than the machine. Returns "", what `work` threw, or why the child was ended. Nothing else
/// of what `work` does reaches this process. Throws Error(missing) where the system gives no process.
std::string failure_apart(const std::function<void()>& work);

}  // namespace slm
