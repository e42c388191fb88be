#pragma once

#include <fcntl.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <utility>

namespace slm {

/// An open file. Every failure throws Error(io) with the path and the system's reason.
class Descriptor {
 public:
  Descriptor(const std::filesystem::path& path, int flags, int mode = 0666);
  Descriptor(int fd, std::filesystem::path name) : path_(std::move(name)), fd_(fd) {}  ///< open; owned from now on
  ~Descriptor();
  Descriptor(Descriptor&& other) noexcept;
  Descriptor& operator=(Descriptor&&) = delete;

  void write(std::span<const std::byte> bytes);  ///< all of them
  std::size_t read(std::span<std::byte> bytes);  ///< fewer than asked for only at the end of the file
  void seek(std::uint64_t offset);               ///< where the next read begins
  std::uint64_t size() const;                    ///< of a regular file; anything else is refused
  void truncate(std::uint64_t size);
  void sync();   ///< fsync; after a failure the file must be given up, as the kernel may have dropped its pages
  void close();  ///< the destructor closes too, but cannot report what failed

  int number() const { return fd_; }
  const std::filesystem::path& path() const { return path_; }

 private:
  [[noreturn]] void refuse(const char* action) const;

  std::filesystem::path path_;
  int fd_;
};

}  // namespace slm
