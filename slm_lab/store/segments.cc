#include "slm_lab/store/segments.h"

#include <fmt/format.h>

#include <algorithm>

#include "slm_lab/base/error.h"
#include "slm_lab/base/file.h"

namespace slm {

namespace fs = std::filesystem;

std::vector<std::string> SegmentStore::put(std::span<const std::byte> bytes) {
  std::vector<std::string> names;
  for (std::size_t begin = 0; begin < bytes.size(); begin += kSegmentBytes) {
    const auto piece = bytes.subspan(begin, std::min(kSegmentBytes, bytes.size() - begin));
    const std::string_view text(reinterpret_cast<const char*>(piece.data()), piece.size());
    names.push_back(sha256_hex(text));
    const fs::path file = folder_ / names.back();
    if (fs::exists(file)) continue;
    fs::create_directories(folder_);
    write_file_durably(file, text);
  }
  return names;
}

std::vector<std::byte> SegmentStore::get(std::span<const std::string> names) const {
  std::vector<std::byte> bytes;
  for (const std::string& name : names) {
    const fs::path file = folder_ / name;
    if (!fs::exists(file)) throw Error(ExitCode::corrupt, fmt::format("{}: missing", file.string()));
    const std::string text = read_file(file);
    if (sha256_hex(text) != name) throw Error(ExitCode::corrupt, fmt::format("{}: damaged", file.string()));
    const auto* begin = reinterpret_cast<const std::byte*>(text.data());
    bytes.insert(bytes.end(), begin, begin + text.size());
  }
  return bytes;
}

void SegmentStore::keep_only(const std::set<std::string>& used) {
  std::error_code failure;  // no folder: nothing to remove
  for (const auto& entry : fs::directory_iterator(folder_, failure))
    if (!used.contains(entry.path().filename().string())) fs::remove(entry.path());
}

}  // namespace slm
