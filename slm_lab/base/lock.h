#pragma once

#include <chrono>
#include <filesystem>

#include "slm_lab/base/descriptor.h"

namespace slm {

/// Keeps other processes out of a folder: flock on DIR/run.lock, so that the system frees it however the holder ends.
/// The file itself stays; it holds the holder's process id, for the error text.
class FolderLock {
 public:
  struct Options {
    /// Programs started by this process hold the lock too, until the last of them ends. (Forked processes always do.)
    bool inherit = false;
    /// How long to wait when the process that took the lock is gone but those it started still end.
    std::chrono::milliseconds wait_for_orphans{0};
  };

  /// Throws Error(busy) at once when a living process holds the folder; Error(io) when the file cannot be made.
  explicit FolderLock(const std::filesystem::path& folder);
  FolderLock(const std::filesystem::path& folder, const Options& options);

 private:
  Descriptor file_;
};

/// Whether a process holds the folder, as far as the system tells (/proc/locks); taking the lock for a moment to find
/// out could refuse one that starts.
bool is_held(const std::filesystem::path& folder);

}  // namespace slm
