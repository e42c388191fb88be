#include "slm_lab/base/descriptor.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "slm_lab/base/error.h"

namespace slm {

Descriptor::Descriptor(const std::filesystem::path& path, int flags, int mode) : path_(path) {
  do {
    fd_ = ::open(path.c_str(), flags, mode);
  } while (fd_ < 0 && errno == EINTR);
  if (fd_ < 0 && errno == ELOOP && (flags & O_NOFOLLOW) != 0)
    throw Error(ExitCode::io, fmt::format("{}: a symbolic link, where a file is expected", path.string()));
  if (fd_ < 0) refuse("open");
}

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

Descriptor::Descriptor(Descriptor&& other) noexcept
    : path_(std::move(other.path_)), fd_(std::exchange(other.fd_, -1)) {}

void Descriptor::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) refuse("write");
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

std::size_t Descriptor::read(std::span<std::byte> bytes) {
  std::size_t total = 0;
  while (total < bytes.size()) {
    const ssize_t got = ::read(fd_, bytes.data() + total, bytes.size() - total);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) refuse("read");
    if (got == 0) break;
    total += static_cast<std::size_t>(got);
  }
  return total;
}

void Descriptor::seek(std::uint64_t offset) {
  if (::lseek(fd_, static_cast<off_t>(offset), SEEK_SET) < 0) refuse("seek");
}

std::uint64_t Descriptor::size() const {
  struct stat info;
  if (::fstat(fd_, &info) != 0) refuse("stat");
  if (!S_ISREG(info.st_mode)) throw Error(ExitCode::io, fmt::format("{}: not a regular file", path_.string()));
  return static_cast<std::uint64_t>(info.st_size);
}

void Descriptor::truncate(std::uint64_t size) {
  int result;
  do {
    result = ::ftruncate(fd_, static_cast<off_t>(size));
  } while (result != 0 && errno == EINTR);
  if (result != 0) refuse("truncate");
}

void Descriptor::sync() {
  if (::fsync(fd_) != 0) refuse("sync");
}

void Descriptor::close() {
  // Not repeated on EINTR: Linux has freed the number by then, and another thread may own it.
  if (::close(std::exchange(fd_, -1)) != 0 && errno != EINTR) refuse("close");
}

void Descriptor::refuse(const char* action) const {
  const int reason = errno;
  throw Error(ExitCode::io,
              fmt::format("{}: cannot {}: {}", path_.string(), action, std::generic_category().message(reason)));
}

}  // namespace slm
