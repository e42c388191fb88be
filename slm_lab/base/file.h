#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "slm_lab/base/sha256.h"  // a file and its checksum are used together

namespace slm {

constexpr std::uint64_t kMaxFileBytes = std::uint64_t{1} << 30;

// All of these throw Error(io) with the path and the system's reason. What they write is there after a power cut, and
// what was there before stays whole until the moment it is replaced.

/// A regular file, not a symbolic link to one, of at most `max_bytes`.
std::string read_file(const std::filesystem::path& path, std::uint64_t max_bytes = kMaxFileBytes);

/// Whether there is something of that name, be it a broken link. Not being able to tell is an error, not absence.
bool file_exists(const std::filesystem::path& path);

/// The names in a folder, sorted; none when there is no such folder. A symbolic link to one is refused.
std::vector<std::string> names_in(const std::filesystem::path& folder);

/// Makes a folder and those above it that are missing; all of their names are durable.
void make_directories(const std::filesystem::path& path);

/// The file holds either its old content or all of `bytes`.
void write_file_durably(const std::filesystem::path& path, std::string_view bytes);

/// As above, but `write` creates the file: it is given the path of a temporary one beside it.
void write_file_durably(const std::filesystem::path& path,
                        const std::function<void(const std::filesystem::path& temporary)>& write);

/// The folder `path`, which must not exist yet, appears with exactly what `fill` wrote into the empty folder it is
/// given
/// (`path` with ".partial" added; what a killed process left there is removed), or not at all.
void write_directory_durably(const std::filesystem::path& path,
                             const std::function<void(const std::filesystem::path& partial)>& fill);

/// Every regular file below `folder`, in no order; links are not followed. Throws Error(io).
std::vector<std::filesystem::path> regular_files(const std::filesystem::path& folder);

/// Whether `path`, or a folder that it goes through, has a name that only what is still being written has.
bool is_unfinished(const std::filesystem::path& path);

/// Removes what killed processes left of unfinished files below `folder`, where no other process may be writing now.
void remove_unfinished_files(const std::filesystem::path& folder);

/// Makes the names in the folder durable.
void sync_directory(const std::filesystem::path& path);

}  // namespace slm
