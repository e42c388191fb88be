#pragma once

#include <cstddef>
#include <span>

namespace slm {

/// Memory that two processes see, and that no file system does: it is gone with the last of them, however they end.
class SharedMemory {
 public:
  explicit SharedMemory(std::size_t size);  ///< zeros; throws Error(missing) where there is not so much
  ~SharedMemory();
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;

  std::span<std::byte> bytes() const { return bytes_; }
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
  std::span<std::byte> bytes_;
};

}  // namespace slm
