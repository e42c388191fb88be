#pragma once

#include <cstdint>
#include <vector>

#include "slm_lab/env/space.h"

namespace slm {

class Archive;

/// Observations, a row each: float32, or a byte per element where the space is that of an image, which loses nothing. A
/// row that was never written takes no memory.
class ObsStore {
 public:
  ObsStore(const Space& obs_space, std::int64_t capacity);
  static std::int64_t row_bytes(const Space& obs_space);

  std::int64_t rows() const;
  /// `obs` (obs_dim) into `row`: one of those there are, or the next one.
  void write(std::int64_t row, const float* obs);
  void read(std::int64_t row, float* obs) const;
  void append(const float* obs) { write(rows(), obs); }
  void clear();
  void serialize(Archive& archive);

 private:
  bool is_image_;
  std::size_t dim_;
  std::vector<float> floats_;        // (rows, dim) unless images
  std::vector<std::uint8_t> bytes_;  // (rows, dim) of images
};

}  // namespace slm
