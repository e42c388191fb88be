#include "slm_lab/store/weights.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <cstring>

#include "slm_lab/base/error.h"
#include "slm_lab/base/file.h"
#include "slm_lab/base/sha256.h"

namespace slm {
namespace {

constexpr const char* kWeightsChecksum = "sha256";

/// Over names, types, shapes, values and metadata, in the order of their names.
std::string checksum(const Archive& archive) {
  Sha256 hash;
  const auto add = [&](std::string_view text) { hash.update(std::as_bytes(std::span(text))); };
  for (const auto& [key, value] : archive.metadata())
    if (key != kWeightsChecksum) add(fmt::format("{}:{} {}:{}\n", key.size(), key, value.size(), value));
  for (const auto& [name, array] : archive.arrays()) {
    add(fmt::format("{}:{} {} ({})\n", name.size(), name, array.dtype, fmt::join(array.shape, ",")));
    hash.update(array.bytes);
  }
  return hash.hex();
}

template <class T>
bool all_finite(const std::vector<std::byte>& bytes) {
  for (std::size_t at = 0; at + sizeof(T) <= bytes.size(); at += sizeof(T)) {
    T value;
    std::memcpy(&value, bytes.data() + at, sizeof(T));
    if (!std::isfinite(value)) return false;
  }
  return true;
}

bool all_finite(const Archive::Array& array) {
  if (array.dtype == "F32") return all_finite<float>(array.bytes);
  return array.dtype != "F64" || all_finite<double>(array.bytes);
}

}  // namespace

void write_weights(const std::filesystem::path& file, Archive arrays, const WeightsMetadata& metadata) {
  arrays.metadata() = metadata;
  arrays.metadata()[kWeightsChecksum] = checksum(arrays);
  arrays.write_durably(file);
}

Archive read_weights(const std::filesystem::path& file, const WeightsMetadata& expected) {
  if (!file_exists(file)) throw SpecError(fmt::format("{}: no weights yet; train first", file.string()));
  const auto refuse = [&](const std::string& why) {
    throw Error(ExitCode::corrupt, fmt::format("{}: {}", file.string(), why));
  };
  Archive archive = Archive::read(file);
  const auto& metadata = archive.metadata();
  if (const auto found = metadata.find(kWeightsChecksum); found == metadata.end())
    refuse("weights without a checksum (sha256 in the header), as version 0.2.0 and other programs write them");
  else if (found->second != checksum(archive))
    refuse("damaged: its content is not that of its checksum");
  for (const auto& [key, value] : expected)
    if (const auto found = metadata.find(key); found == metadata.end() || found->second != value)
      refuse(fmt::format("{} = {}, expected {}", key, found == metadata.end() ? "nothing" : found->second, value));
  for (const auto& [name, array] : archive.arrays())
    if (!all_finite(array)) refuse(fmt::format("{}: a number that is not finite; such weights are not used", name));
  return archive;
}

}  // namespace slm
