#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "slm_lab/base/archive.h"

namespace slm {

/// What a file of weights or statistics says of itself in its header: what it belongs to, so that it is not taken for
/// something else.
using WeightsMetadata = std::map<std::string, std::string>;

/// Writes the arrays with this metadata and, as "sha256", a checksum over all of it.
void write_weights(const std::filesystem::path& file, Archive arrays, const WeightsMetadata& metadata);

/// What write_weights wrote. Throws Error(corrupt) when the checksum is not that of the content, when a number is not
/// finite, or when the metadata differ from `expected` in any of its keys; SpecError when there is no such file.
Archive read_weights(const std::filesystem::path& file, const WeightsMetadata& expected);

}  // namespace slm
