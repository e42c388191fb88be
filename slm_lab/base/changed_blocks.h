#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace slm {

/// Which blocks of a large array were written since somebody last kept them, told by the array's owner: so that keeping
/// it again costs what has changed, not its size.
class ChangedBlocks {
 public:
  static constexpr std::size_t kBytes = 4 << 20;  ///< of a block

  /// Room for an array of `bytes`, so that mark() does not allocate.
  void reserve(std::size_t bytes) { kept_.resize((bytes + kBytes - 1) / kBytes); }
  /// The bytes [begin, end) are written.
  void mark(std::size_t begin, std::size_t end) {
    for (std::size_t block = begin / kBytes; block * kBytes < end; ++block)
      if (block < kept_.size()) kept_[block] = nullptr;
  }
  /// Whether the block is as when `keeper` kept it.
  bool unchanged(std::size_t block, const void* keeper) const {
    return block < kept_.size() && kept_[block] == keeper && keeper != nullptr;
  }
  void keep(std::size_t block, const void* keeper) {
    if (block >= kept_.size()) kept_.resize(block + 1);
    kept_[block] = keeper;
  }

 private:
  std::vector<const void*> kept_;  // by block: who holds exactly its bytes
};

}  // namespace slm
