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

  static Space discrete(int n);
  static Space box(std::vector<float> low, std::vector<float> high);  ///< one-dimensional
  static Space row(int size);                                         ///< so many numbers without bounds

  bool is_discrete() const { return kind == Kind::discrete; }
  int size() const;  ///< floats one value takes in a row of a matrix: 1 if discrete, else the number of elements
  /// Pixels: a box of two or more axes whose elements are whole numbers from 0 to 255, as Gymnasium's of dtype uint8.
  bool is_image() const;
};

}  // namespace slm
