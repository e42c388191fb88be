#include "slm_lab/report/parameter_axis.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace slm {
namespace {

constexpr double kRoom = 0.04;  // of the axis, at each end

}  // namespace

Axis parameter_axis(const SearchSubject& search, std::size_t parameter, int max_ticks) {
  const SearchedParameter& p = search.parameters[parameter];
  if (!p.choices.empty()) {
    Axis axis{.low = -0.5, .high = static_cast<double>(p.choices.size()) - 0.5, .ticks = {}, .labels = {}};
    const std::size_t every = (p.choices.size() + 11) / 12;  // more would not be legible
    for (std::size_t i = 0; i < p.choices.size(); i += every) {
      axis.ticks.push_back(static_cast<double>(i));
      axis.labels.push_back(p.choices[i]);
    }
    return axis;
  }
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const SearchedTrial& trial : search.trials) {
    low = std::min(low, trial.parameters[parameter]);
    high = std::max(high, trial.parameters[parameter]);
  }
  if (!(low <= high)) return inner_axis(0, 1, max_ticks);
  if (p.logarithmic && low > 0) {
    const double room = std::pow(high / low, kRoom);
    return log_axis(low / room, high * room);
  }
  const double room = high > low ? (high - low) * kRoom : std::max(std::abs(low) * kRoom, 1e-9);
  return inner_axis(low - room, high + room, max_ticks);
}

std::string cut(const std::string& text, std::size_t max_characters) {
  std::vector<std::size_t> starts;  // of the characters
  for (std::size_t i = 0; i < text.size(); ++i)
    if ((static_cast<unsigned char>(text[i]) & 0xc0) != 0x80) starts.push_back(i);
  return starts.size() <= max_characters ? text : text.substr(0, starts[max_characters - 1]) + "\u2026";
}

}  // namespace slm
