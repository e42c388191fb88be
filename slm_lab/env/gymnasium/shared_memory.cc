#include "slm_lab/env/gymnasium/shared_memory.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "slm_lab/base/error.h"

namespace slm {

SharedMemory::SharedMemory(std::size_t size) : descriptor_(memfd_create("slm-lab", MFD_CLOEXEC)) {
  void* start = MAP_FAILED;
  if (descriptor_ >= 0 && ftruncate(descriptor_, static_cast<off_t>(size)) == 0)
    start = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor_, 0);
  if (start == MAP_FAILED) {
    const int reason = errno;
    if (descriptor_ >= 0) close(descriptor_);
    throw Error(ExitCode::missing, fmt::format("cannot share {} bytes with Python: {}", size, std::strerror(reason)));
  }
  bytes_ = {static_cast<std::byte*>(start), size};
}

SharedMemory::~SharedMemory() {
  munmap(bytes_.data(), bytes_.size());
  close(descriptor_);
}

}  // namespace slm
