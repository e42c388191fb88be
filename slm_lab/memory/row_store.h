#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "slm_lab/base/changed_blocks.h"
#include "slm_lab/base/space.h"

namespace slm {

class Archive;

/// Rows of one observation and some numbers that belong to it (actions, a reward), side by side: a row drawn at random
/// costs one or two waits for memory. Bytes lie apart from the numbers. A row that was never written takes no memory.
class RowStore {
 public:
  RowStore(const Space& obs_space, int num_extras, std::int64_t capacity);
  static std::int64_t row_bytes(const Space& obs_space, int num_extras);

  std::int64_t size() const { return size_; }
  /// Writes the observation of `row`, one of those there are or the next one, and returns its numbers (num_extras), to
  /// be written. `obs`: obs_space.row_bytes() of memory, a row of Observations.
  float* write(std::int64_t row, const std::byte* obs);
  float* append(const std::byte* obs) { return write(size_, obs); }

  const std::byte* obs(std::int64_t row) const;
  void read_obs(std::int64_t row, std::byte* obs) const;
  const float* extras(std::int64_t row) const { return numbers_.data() + row * stride_ + floats_of_obs_; }
  /// Starts to fetch what the three above will read: of a long row its beginning, the processor goes on by itself.
  void prefetch(std::int64_t row) const;

  void clear();
  void serialize(Archive& archive);

 private:
  bool of_bytes_;
  std::int64_t obs_bytes_, floats_of_obs_, stride_;  // floats_of_obs_: 0 where observations are bytes
  std::int64_t size_ = 0;
  std::vector<float> numbers_;                     // (size, stride)  observation of floats, then extras
  std::vector<std::uint8_t> bytes_;                // (size, obs_dim) of observations of bytes
  ChangedBlocks changed_numbers_, changed_bytes_;  // since the last checkpoint
};

}  // namespace slm
