#include "slm_lab/base/file.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <system_error>

#include "slm_lab/base/descriptor.h"
#include "slm_lab/base/error.h"

namespace slm {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTemporary = ".tmp";
constexpr const char* kPartial = ".partial";

[[noreturn]] void refuse(const fs::path& path, std::string_view action, const std::error_code& reason) {
  throw Error(ExitCode::io, fmt::format("{}: cannot {}: {}", path.string(), action, reason.message()));
}

std::error_code last_error() { return {errno, std::generic_category()}; }

fs::path parent_of(const fs::path& path) { return path.has_parent_path() ? path.parent_path() : fs::path("."); }

void sync_file(const fs::path& path) {
  Descriptor file(path, O_RDONLY | O_CLOEXEC);
  file.sync();
  file.close();
}

/// Every file and folder below `path`, and `path` itself; the contents of a folder before the folder.
void sync_tree(const fs::path& path) {
  for (const auto& entry : fs::directory_iterator(path)) {
    if (entry.is_symlink()) continue;
    if (entry.is_directory())
      sync_tree(entry.path());
    else
      sync_file(entry.path());
  }
  sync_directory(path);
}

void add_regular_files(const fs::path& folder, std::vector<fs::path>& files) {
  try {
    for (const auto& entry : fs::directory_iterator(folder)) {
      if (entry.is_symlink()) continue;
      if (entry.is_directory())
        add_regular_files(entry.path(), files);
      else if (entry.is_regular_file())
        files.push_back(entry.path());
    }
  } catch (const fs::filesystem_error& failure) {
    refuse(folder, "list the folder", failure.code());
  }
}

}  // namespace

std::string read_file(const fs::path& path, std::uint64_t max_bytes) {
  Descriptor in(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);  // a FIFO would otherwise wait for a writer
  const std::uint64_t size = in.size();
  if (size > max_bytes)
    throw Error(ExitCode::io,
                fmt::format("{}: {} bytes, more than the {} that it may have", path.string(), size, max_bytes));
  std::string text(size, '\0');
  text.resize(in.read(std::as_writable_bytes(std::span(text))));
  return text;
}

bool file_exists(const fs::path& path) {
  struct stat info;
  if (::lstat(path.c_str(), &info) == 0) return true;
  if (errno != ENOENT && errno != ENOTDIR) refuse(path, "look for it", last_error());
  return false;
}

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  if (!file_exists(folder)) return names;
  std::error_code failure;
  if (fs::is_symlink(fs::symlink_status(folder, failure)))
    throw Error(ExitCode::io, fmt::format("{}: a symbolic link, where a folder is expected", folder.string()));
  fs::directory_iterator entry(folder, failure);
  for (; !failure && entry != fs::directory_iterator(); entry.increment(failure))
    names.push_back(entry->path().filename().string());
  if (failure) refuse(folder, "read the folder", failure);
  std::sort(names.begin(), names.end());
  return names;
}

void make_directories(const fs::path& path) {
  if (path.empty() || file_exists(path)) return;
  const fs::path parent = parent_of(path);
  if (parent != path) make_directories(parent);
  std::error_code failure;
  fs::create_directory(path, failure);
  if (failure) refuse(path, "make the folder", failure);
  sync_directory(parent);
}

void write_file_durably(const fs::path& path, std::string_view bytes) {
  write_file_durably(path, [&](const fs::path& temporary) {
    Descriptor out(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC);
    out.write(std::as_bytes(std::span(bytes)));
    out.close();
  });
}

void write_file_durably(const fs::path& path, const std::function<void(const fs::path& temporary)>& write) {
  // The process id keeps two processes apart; a leftover of a killed one is overwritten or at worst stays a stray file.
  const fs::path temporary = path.string() + fmt::format(".{}{}", ::getpid(), kTemporary);
  try {
    write(temporary);
    sync_file(temporary);
    std::error_code failure;
    fs::rename(temporary, path, failure);
    if (failure) refuse(path, "replace", failure);
  } catch (...) {
    std::error_code ignored;
    fs::remove(temporary, ignored);
    throw;
  }
  sync_directory(parent_of(path));
}

void write_directory_durably(const fs::path& path, const std::function<void(const fs::path& partial)>& fill) {
  const fs::path partial = path.string() + kPartial;
  try {
    fs::remove_all(partial);
    make_directories(partial);
    try {
      fill(partial);
      sync_tree(partial);
    } catch (...) {
      std::error_code ignored;
      fs::remove_all(partial, ignored);
      throw;
    }
    fs::rename(partial, path);
    sync_directory(parent_of(path));
  } catch (const fs::filesystem_error& failure) {
    refuse(failure.path1(), "write the folder", failure.code());
  }
}

std::vector<fs::path> regular_files(const fs::path& folder) {
  std::vector<fs::path> files;
  add_regular_files(folder, files);
  return files;
}

bool is_unfinished(const fs::path& path) {
  return std::any_of(path.begin(), path.end(), [](const fs::path& name) {
    return name.extension() == kTemporary || name.extension() == kPartial;
  });
}

void remove_unfinished_files(const fs::path& folder) {
  for (const fs::path& file : regular_files(folder))
    if (is_unfinished(file.lexically_relative(folder))) fs::remove(file);
}

void sync_directory(const fs::path& path) {
  Descriptor directory(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  directory.sync();
  directory.close();
}

}  // namespace slm
