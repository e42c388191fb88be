#pragma once

#include <string>
#include <vector>

namespace slm {

/// Round numbers to write at an axis: multiples of 1, 2, 2.5 or 5 times a power of ten.
struct Ticks {
  double step = 1;
  std::vector<double> values;  ///< ascending
};

/// At most `max_count` ticks inside [low, high], low < high.
Ticks ticks_inside(double low, double high, int max_count);
/// Ticks whose first and last enclose [low, high], low < high; 0 is the end when the data would leave it close by.
Ticks ticks_around(double low, double high, int max_count);

/// Powers of ten inside [low, high], both above 0; with fewer than three of them also their 2- and 5-fold. Where even
/// that gives fewer than two, low and high themselves.
std::vector<double> log_ticks(double low, double high);

/// One direction of a plot: what it shows from its one end to the other, and what is written at it. Data of one value,
/// but for rounding, has room on both sides.
struct Axis {
  double low = 0, high = 1;
  bool logarithmic = false;
  std::vector<double> ticks;
  std::vector<std::string> labels;

  double at(double value) const;  ///< 0 at `low`, 1 at `high`; between them in proportion
};

Axis inner_axis(double least, double most, int max_ticks);  ///< exactly from the one to the other
/// From tick to tick, but no further than the data where most of an interval would stay empty.
Axis outer_axis(double least, double most, int max_ticks);
Axis log_axis(double low, double high);  ///< both above 0

/// The texts of the ticks, in one unit: 0, 50k, 100k or 0, 0.5M, 1M; the minus sign is U+2212.
std::vector<std::string> tick_labels(const Ticks& ticks);
/// One number to about three digits: 0.0312, 4.57, 487.3, 12.4k.
std::string short_number(double value);
/// One number that somebody chose: 475, 0.5, as short as it is.
std::string round_number(double value);

}  // namespace slm
