#pragma once

#include <cstdint>
#include <vector>

namespace slm {

/// What an observation or an action may be, as Gymnasium's spaces.
struct Space {
  enum class Kind { discrete, box };
  Kind kind = Kind::box;
  int n = 0;                        ///< discrete: number of values, 0 .. n-1
  std::vector<std::int64_t> shape;  ///< box
  std::vector<float> low, high;     ///< box: per element, may be infinite
  bool of_bytes = false;            ///< box: whole numbers from 0 to 255 (Gymnasium's dtype uint8); else float32

  static Space discrete(int n);
  static Space box(std::vector<float> low, std::vector<float> high);  ///< one-dimensional
  static Space row(int size);                                         ///< so many numbers without bounds
  static Space bytes(std::vector<std::int64_t> shape);

  bool is_discrete() const { return kind == Kind::discrete; }
  /// Numbers one value takes in a row of a matrix: 1 if discrete, else the number of elements.
  int size() const { return is_discrete() ? 1 : static_cast<int>(low.size()); }
  std::int64_t row_bytes() const;  ///< of memory that such a row takes
  /// Pixels: bytes along two axes or more. Along one they are a row of numbers like others.
  bool is_image() const { return of_bytes && shape.size() >= 2; }
};

}  // namespace slm
