#include "slm_lab/base/lock.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>
#include <thread>

#include "slm_lab/base/error.h"

namespace slm {
namespace {

using Clock = std::chrono::steady_clock;

// Between taking the lock and writing its id a holder is for a moment unknown.
constexpr std::chrono::milliseconds kAnonymous{200};
constexpr std::chrono::milliseconds kPause{5};

bool try_lock(const Descriptor& file) {
  while (::flock(file.number(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return false;
    if (errno != EINTR)
      throw Error(ExitCode::io,
                  fmt::format("{}: cannot lock: {}", file.path().string(), std::generic_category().message(errno)));
  }
  return true;
}

/// The process id in the file; 0 when there is none.
pid_t read_holder(const Descriptor& file) {
  std::array<char, 32> text;
  const ssize_t length = ::pread(file.number(), text.data(), text.size(), 0);
  pid_t holder = 0;
  if (length > 0) std::from_chars(text.data(), text.data() + length, holder);
  return std::max(holder, 0);
}

/// Whether the process runs. One that has ended answers to kill() until its parent has asked for its end, which a
/// parent may never do, so its state decides: zombie or dead.
bool alive(pid_t pid) {
  if (pid <= 0 || (::kill(pid, 0) != 0 && errno != EPERM)) return false;
  std::ifstream stat(fmt::format("/proc/{}/stat", pid));
  std::string text;
  if (!std::getline(stat, text)) return ::kill(pid, 0) == 0 || errno == EPERM;  // ended just now, or no /proc
  const std::size_t name_end = text.rfind(')');                                 // the name may hold anything
  const char state = name_end == text.npos || name_end + 2 >= text.size() ? '?' : text[name_end + 2];
  return state != 'Z' && state != 'X';
}

}  // namespace

FolderLock::FolderLock(const std::filesystem::path& folder) : FolderLock(folder, Options{}) {}

FolderLock::FolderLock(const std::filesystem::path& folder, const Options& options)
    : file_(folder / "run.lock", O_RDWR | O_CREAT | O_NOFOLLOW | (options.inherit ? 0 : O_CLOEXEC)) {
  const Clock::time_point deadline = Clock::now() + std::max(kAnonymous, options.wait_for_orphans);
  while (!try_lock(file_)) {
    const pid_t holder = read_holder(file_);
    if (alive(holder)) throw Error(ExitCode::busy, fmt::format("{}: in use by process {}", folder.string(), holder));
    if (Clock::now() >= deadline)
      throw Error(ExitCode::busy, fmt::format("{}: in use by a process that process {} started (it has ended itself)",
                                              folder.string(), holder));
    std::this_thread::sleep_for(kPause);
  }
  file_.truncate(0);
  const std::string text = fmt::format("{}\n", ::getpid());
  file_.write(std::as_bytes(std::span(text)));
}

bool is_held(const std::filesystem::path& folder) {
  struct stat facts {};
  if (::lstat((folder / "run.lock").c_str(), &facts) != 0) return false;
  const std::string inode = fmt::format(":{}", facts.st_ino);
  std::ifstream locks("/proc/locks");  // "1: FLOCK  ADVISORY  WRITE 4711 08:01:123456 0 EOF"
  std::string number, type, advice, access, pid, file;
  for (std::string line; std::getline(locks, line);) {
    std::istringstream words(line);
    // The device is left out: of a union file system it is another than the one that lstat() knows.
    if (words >> number >> type >> advice >> access >> pid >> file && type == "FLOCK" && access == "WRITE" &&
        file.ends_with(inode))
      return true;
  }
  return false;
}

}  // namespace slm
