#include "slm_lab/report/axis.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace slm {
namespace {

constexpr const char* kMinus = "\u2212";

struct Unit {
  double size;
  const char* suffix;
};

Unit unit_of(double largest) {
  if (largest >= 1e9) return {1e9, "G"};
  if (largest >= 1e6) return {1e6, "M"};
  if (largest >= 1e4) return {1e3, "k"};
  return {1, ""};
}

/// The smallest round step of which `count` intervals cover `range`.
double round_step(double range, int count) {
  const double least = range / count;
  const double decade = std::pow(10, std::floor(std::log10(least)));
  for (const double factor : {1.0, 2.0, 2.5, 5.0})
    if (factor * decade >= least * (1 - 1e-9)) return factor * decade;
  return 10 * decade;
}

/// Digits after the point that a multiple of `step` needs.
int decimals_of(double step) {
  for (int decimals = 0; decimals < 12; ++decimals) {
    const double scaled = step * std::pow(10, decimals);
    if (std::abs(scaled - std::round(scaled)) < 1e-6 * scaled) return decimals;
  }
  return 12;
}

/// From first * step to last * step.
Ticks multiples(double step, double first, double last) {
  Ticks ticks{step, {}};
  const std::int64_t count = std::llround(last - first);
  for (std::int64_t i = 0; i <= count; ++i) {
    const double factor = first + static_cast<double>(i);
    ticks.values.push_back(factor == 0 ? 0 : factor * step);
  }
  return ticks;
}

struct Range {
  double low, high;
};

/// Ends that differ by rounding alone are one value, which has room on both sides.
Range with_room(double low, double high) {
  if (high - low > 1e-9 * std::max(std::abs(low), std::abs(high))) return {low, high};
  const double room = low == 0 ? 1 : std::abs(low) / 10;
  return {low - room, high + room};
}

std::string with_minus(double value, const std::string& magnitude) {
  return value < 0 ? kMinus + magnitude : magnitude;
}

}  // namespace

Ticks ticks_inside(double low, double high, int max_count) {
  // One interval fewer than ticks; where neither end is a multiple there is a tick less.
  const double step = round_step(high - low, std::max(max_count - 1, 1));
  return multiples(step, std::ceil(low / step - 1e-9), std::floor(high / step + 1e-9));
}

Ticks ticks_around(double low, double high, int max_count) {
  if (low > 0 && low < 2 * (high - low)) low = 0;
  if (high < 0 && -high < (high - low) / 2) high = 0;
  for (int intervals = max_count - 1;; --intervals) {
    const double step = round_step(high - low, std::max(intervals, 1));
    const Ticks ticks = multiples(step, std::floor(low / step + 1e-9), std::ceil(high / step - 1e-9));
    if (std::ssize(ticks.values) <= max_count || intervals <= 1) return ticks;
  }
}

std::vector<double> log_ticks(double low, double high) {
  const auto inside = [&](std::initializer_list<double> factors) {
    std::vector<double> ticks;
    for (double exponent = std::floor(std::log10(low)); exponent <= std::log10(high) + 1e-9; ++exponent)
      for (const double factor : factors)
        if (const double tick = factor * std::pow(10, exponent); tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9))
          ticks.push_back(tick);
    return ticks;
  };
  if (std::vector<double> ticks = inside({1}); ticks.size() > 2) {
    const std::size_t stride = (ticks.size() + 5) / 6;  // at most six
    std::vector<double> kept;
    for (std::size_t i = (ticks.size() - 1) % stride; i < ticks.size(); i += stride) kept.push_back(ticks[i]);
    return kept;
  }
  std::vector<double> ticks = inside({1, 2, 5});
  return ticks.size() > 1 ? ticks : std::vector<double>{low, high};
}

double Axis::at(double value) const {
  if (logarithmic) return std::log(value / low) / std::log(high / low);
  return (value - low) / (high - low);
}

Axis inner_axis(double least, double most, int max_ticks) {
  const auto [low, high] = with_room(least, most);
  const Ticks ticks = ticks_inside(low, high, max_ticks);
  return {.low = low, .high = high, .ticks = ticks.values, .labels = tick_labels(ticks)};
}

Axis outer_axis(double least, double most, int max_ticks) {
  const auto [low, high] = with_room(least, most);
  Ticks ticks = ticks_around(low, high, max_ticks);
  std::vector<double>& values = ticks.values;
  const double near = 0.45 * ticks.step, room = 0.03 * (high - low);
  Axis axis{.low = values.front(), .high = values.back(), .ticks = {}, .labels = {}};
  if (values.size() > 3 && values.front() != 0 && low - values.front() > near) {
    axis.low = std::max(low - room, values.front());
    values.erase(values.begin());
  }
  if (values.size() > 3 && values.back() != 0 && values.back() - high > near) {
    axis.high = std::min(high + room, values.back());
    values.pop_back();
  }
  axis.ticks = values;
  axis.labels = tick_labels(ticks);
  return axis;
}

Axis log_axis(double low, double high) {
  if (!(high > 1.5 * low)) {
    low /= 1.25;
    high *= 1.25;
  }
  Axis axis{.low = low, .high = high, .logarithmic = true, .ticks = log_ticks(low, high), .labels = {}};
  for (const double tick : axis.ticks) axis.labels.push_back(round_number(tick));
  return axis;
}

std::vector<std::string> tick_labels(const Ticks& ticks) {
  double largest = 0;
  for (const double value : ticks.values) largest = std::max(largest, std::abs(value));
  const Unit unit = unit_of(largest);
  const bool tiny = largest < 1e-3;
  const int decimals = decimals_of(ticks.step / unit.size);
  std::vector<std::string> labels;
  for (const double value : ticks.values) {
    const double magnitude = std::abs(value) / unit.size;
    if (value == 0)
      labels.push_back("0");
    else if (tiny)
      labels.push_back(with_minus(value, fmt::format("{:.3g}", magnitude)));
    else
      labels.push_back(with_minus(value, fmt::format("{:.{}f}{}", magnitude, decimals, unit.suffix)));
  }
  return labels;
}

std::string short_number(double value) {
  if (std::isnan(value)) return "-";
  if (value == 0) return "0";
  const Unit unit = unit_of(std::abs(value));
  const double magnitude = std::abs(value) / unit.size;
  if (magnitude < 1e-3) return with_minus(value, fmt::format("{:.2g}", magnitude));
  const int decimals = std::clamp(2 - static_cast<int>(std::floor(std::log10(magnitude))), *unit.suffix ? 0 : 1, 4);
  std::string text = fmt::format("{:.{}f}", magnitude, magnitude >= 1000 ? 0 : decimals);
  return with_minus(value, text + unit.suffix);
}

std::string round_number(double value) { return with_minus(value, fmt::format("{:g}", std::abs(value))); }

}  // namespace slm
