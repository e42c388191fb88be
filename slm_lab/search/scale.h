#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "slm_lab/spec/search_space.h"

namespace slm {

/// The numbers of one dimension (not of a choice) as a line on which they are drawn evenly, or by the bell of a normal
/// distribution: the number itself, its logarithm, or its distance from the mean in standard deviations. A quantised
/// dimension draws from half a step below its first number to half a step above its last and rounds.
struct Scale {
  double first = 0, last = 0;  ///< numbers; of a normal distribution both infinite
  double step = 0;             ///< 0: any number between them
  bool logarithmic = false;
  bool normal = false;
  double mean = 0, sd = 1;   ///< of a normal distribution
  double low = 0, high = 0;  ///< the ends of the line

  double number(double at) const;        ///< of a place on the line
  double place(double number) const;     ///< where a number stands on the line
  double at_share(double share) const;   ///< the place below which `share` in (0, 1) of all draws lie
  double share_of(double number) const;  ///< of all draws, below this one
  /// The ends of the cell of the line that is rounded to `number`; with a step.
  std::pair<double, double> cell(double number) const;

  double width() const { return normal ? 4 : high - low; }  ///< of a normal distribution: of most of its draws
  double prior_mean() const { return (low + high) / 2; }
  double prior_sd() const { return normal ? 1 : width(); }  ///< of a bell that stands for how the dimension is drawn

  double at_index(std::int64_t index) const;  ///< the numbers of a counted dimension, from 0
  /// The numbers there are; nothing where they are not counted (no step, or no ends).
  std::optional<std::int64_t> count() const;
};

Scale scale_of(const SearchDimension& dimension);

/// The number below which `share` in (0, 1) of all draws lie; of a choice its index, all alike.
double number_at(const SearchDimension& dimension, double share);

/// The number with so few digits that 0.1 + 2 * 0.1 is 0.3.
double tidied(double number);

}  // namespace slm
