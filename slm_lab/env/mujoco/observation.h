#pragma once

#include <algorithm>
#include <span>

namespace slm {

/// Puts the parts of an observation one behind the other, as floats for the agent or as Gymnasium's doubles.
template <class Number>
class Observation {
 public:
  explicit Observation(Number* at) : at_(at) {}

  void add(double value) { *at_++ = static_cast<Number>(value); }
  void add(std::span<const double> values) {
    for (const double value : values) add(value);
  }
  void add_clipped(std::span<const double> values, double low, double high) {
    for (const double value : values) add(std::min(std::max(value, low), high));
  }

 private:
  Number* at_;
};

}  // namespace slm
