#pragma once

#include <string>
#include <vector>

namespace slm {

/// Round numbers to write at an axis: multiples of 1, 2, 2.5 or 5 times a power of ten.
struct Ticks {
  double step = 1;
  std::vector<double> values;  ///< ascending
};

/// At most `max_count` ticks inside [low, high].
Ticks ticks_inside(double low, double high, int max_count);
/// Ticks whose first and last enclose [low, high]; 0 is the end when the data would leave it close by.
Ticks ticks_around(double low, double high, int max_count);

/// The texts of the ticks, in one unit: 0, 50k, 100k or 0, 0.5M, 1M; the minus sign is U+2212.
std::vector<std::string> tick_labels(const Ticks& ticks);
/// One number to about three digits: 0.0312, 4.57, 487.3, 12.4k.
std::string short_number(double value);

}  // namespace slm
