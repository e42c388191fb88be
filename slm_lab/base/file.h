#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "slm_lab/base/sha256.h"  // a file and its checksum are used together

namespace slm {

// All of these throw Error(io) with the path and the system's reason. What they write is there after a power cut, and
// what was there before stays whole until the moment it is replaced.

std::string read_file(const std::filesystem::path& path);

/// The file holds either its old content or all of `bytes`.
void write_file_durably(const std::filesystem::path& path, std::string_view bytes);

/// As above, but `write` creates the file: it is given the path of a temporary one beside it.
void write_file_durably(const std::filesystem::path& path,
                        const std::function<void(const std::filesystem::path& temporary)>& write);

/// The folder `path` is either as before or holds exactly what `fill` wrote into the empty folder it is given
/// (`path` with ".partial" added; what a killed process left there is removed).
void write_directory_durably(const std::filesystem::path& path,
                             const std::function<void(const std::filesystem::path& partial)>& fill);

/// Removes what killed processes left of unfinished files below `folder`, where no other process may be writing now.
void remove_unfinished_files(const std::filesystem::path& folder);

/// Makes the names in the folder durable.
void sync_directory(const std::filesystem::path& path);

}  // namespace slm
