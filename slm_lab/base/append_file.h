#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "slm_lab/base/descriptor.h"

namespace slm {

/// A file that only grows, and whose length a checkpoint remembers: `truncate_to` cuts off what came after it.
/// Everything throws Error(io). After a failed write (a full disk) the file ends with the last whole flush and the text
/// is kept, so that the call may be repeated; after a failed sync the object is of no more use.
class AppendFile {
 public:
  explicit AppendFile(const std::filesystem::path& path);  ///< opens or creates
  ~AppendFile();                                           ///< flushes, but cannot report a failure

  void append(std::string_view text);
  void flush();  ///< to the system: other processes see it
  void sync();   ///< to the disk
  std::uint64_t offset() const { return flushed_ + buffer_.size(); }

  /// Throws Error(corrupt) when the file is shorter.
  void truncate_to(std::uint64_t offset);

 private:
  void check_usable() const;

  Descriptor file_;
  std::uint64_t flushed_;
  std::string buffer_;
  bool broken_ = false;
};

}  // namespace slm
