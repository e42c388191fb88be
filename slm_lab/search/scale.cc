#include "slm_lab/search/scale.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>

#include "slm_lab/base/error.h"
#include "slm_lab/search/normal.h"

namespace slm {
namespace {

// A normal draw further out is one in 10^15.
constexpr double kNormalEnd = 8;

/// `from + index * step` without digits that come from rounding alone.
double on_grid(double from, double step, double index) {
  const double number = from + index * step;
  return from == std::floor(from) && step == std::floor(step) ? number : tidied(number);
}

double rounded(double number, double from, double step) {
  return on_grid(from, step, std::round((number - from) / step));
}

void set_ends(Scale& scale) {
  // Half a step, but never down to 0, which has no logarithm.
  const double margin = scale.step / 2;
  const double below = scale.logarithmic ? std::min(margin, scale.first / 2) : margin;
  scale.low = scale.first - below;
  scale.high = scale.last + margin;
  if (scale.logarithmic) {
    scale.low = std::log(scale.low);
    scale.high = std::log(scale.high);
  }
}

}  // namespace

double tidied(double number) {
  char text[32];
  std::snprintf(text, sizeof text, "%.14g", number);
  return std::strtod(text, nullptr);
}

Scale scale_of(const SearchDimension& dimension) {
  using enum SearchDistribution;
  ensure(dimension.distribution != choice, "scale_of: a choice has no scale");
  const std::vector<double>& args = dimension.args;
  Scale scale;
  switch (dimension.distribution) {
    case randn:
    case qrandn:
      scale.normal = true;
      scale.mean = args[0];
      scale.sd = args[1];
      scale.step = dimension.distribution == qrandn ? args[2] : 0;
      scale.first = -std::numeric_limits<double>::infinity();
      scale.last = std::numeric_limits<double>::infinity();
      scale.low = -kNormalEnd;
      scale.high = kNormalEnd;
      return scale;
    case randint:
    case lograndint:
      scale.step = 1;
      scale.last = args[1] - 1;
      break;
    case quniform:
    case qloguniform:
    case qrandint:
    case qlograndint:
      scale.step = args[2];
      // The last number of the grid; rounding must not lose it: (0.3 - 0) / 0.1 is below 3.
      scale.last = on_grid(args[0], args[2], std::floor((args[1] - args[0]) / args[2] * (1 + 1e-12)));
      break;
    default:
      scale.last = args[1];
  }
  scale.first = args[0];
  scale.logarithmic = dimension.distribution == loguniform || dimension.distribution == qloguniform ||
                      dimension.distribution == lograndint || dimension.distribution == qlograndint;
  set_ends(scale);
  return scale;
}

double Scale::number(double at) const {
  if (normal) {
    const double drawn = mean + sd * at;
    return step > 0 ? rounded(drawn, 0, step) : drawn;
  }
  const double drawn = logarithmic ? std::exp(at) : at;
  return std::clamp(step > 0 ? rounded(drawn, first, step) : drawn, first, last);
}

double Scale::place(double number) const {
  if (normal) return (number - mean) / sd;
  return logarithmic ? std::log(number) : number;
}

double Scale::at_share(double share) const { return normal ? normal_quantile(share) : low + (high - low) * share; }

double Scale::share_of(double number) const {
  return normal ? normal_cdf(place(number)) : (place(number) - low) / (high - low);
}

std::pair<double, double> Scale::cell(double number) const {
  if (normal) return {place(number - step / 2), place(number + step / 2)};
  return {number == first ? low : place(number - step / 2), place(number + step / 2)};
}

double Scale::at_index(std::int64_t index) const { return on_grid(first, step, static_cast<double>(index)); }

std::optional<std::int64_t> Scale::count() const {
  if (step == 0 || normal) return std::nullopt;
  return static_cast<std::int64_t>(std::llround((last - first) / step)) + 1;
}

double number_at(const SearchDimension& dimension, double share) {
  if (dimension.distribution == SearchDistribution::choice) {
    const auto size = static_cast<double>(dimension.choices.size());
    return std::min(std::floor(share * size), size - 1);
  }
  const Scale scale = scale_of(dimension);
  return scale.number(scale.at_share(share));
}

}  // namespace slm
