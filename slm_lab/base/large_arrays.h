#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "slm_lab/base/changed_blocks.h"

namespace slm {

/// Keeps the large arrays of an Archive apart from its file, so that they are neither copied nor written whole.
class LargeArrays {
 public:
  static constexpr std::size_t kMinBytes = 1 << 20;  ///< smaller arrays stay in the archive

  virtual ~LargeArrays() = default;
  virtual void put(const std::string& name, std::string_view dtype, std::span<const std::byte> bytes,
                   ChangedBlocks& changed) = 0;
  /// Bytes of the array; nothing when it is not kept here or is of another type.
  virtual std::optional<std::size_t> size(const std::string& name, std::string_view dtype) const = 0;
  /// Fills `bytes`, of that size. Throws Error(corrupt) when they are not what was put.
  virtual void get(const std::string& name, std::span<std::byte> bytes, ChangedBlocks& changed) = 0;
};

}  // namespace slm
