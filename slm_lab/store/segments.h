#pragma once

#include <cstddef>
#include <filesystem>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace slm {

/// Pieces of large arrays in files named by the SHA-256 of their content: equal pieces are stored once, and a piece
/// that has not changed since it was stored costs nothing but its checksum.
class SegmentStore {
 public:
  static constexpr std::size_t kSegmentBytes = 4 << 20;

  explicit SegmentStore(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// Stores the bytes and returns the names of their segments, in order.
  std::vector<std::string> put(std::span<const std::byte> bytes);
  /// Throws Error(corrupt) when a segment is missing or damaged.
  std::vector<std::byte> get(std::span<const std::string> names) const;
  /// Removes every segment that is not in `used`.
  void keep_only(const std::set<std::string>& used);

 private:
  std::filesystem::path folder_;
};

}  // namespace slm
