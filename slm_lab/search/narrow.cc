#include "slm_lab/search/narrow.h"

#include <algorithm>
#include <cmath>

#include "slm_lab/base/error.h"
#include "slm_lab/search/scale.h"

namespace slm {
namespace {

using enum SearchDistribution;

constexpr double kLeastMargin = 0.1;     // of the dimension, on each side of the winners
constexpr double kMargin = 0.5;          // of what the winners span
constexpr double kLeastDeviation = 0.1;  // of a normal distribution's own
constexpr double kOnGrid = 1e-9;         // of a step: what rounding may have cost

SearchDimension narrowed_choice(const SearchDimension& dimension, std::span<const double> winners) {
  SearchDimension out = dimension;
  out.choices.clear();
  for (std::size_t i = 0; i < dimension.choices.size(); ++i)
    if (std::ranges::find(winners, static_cast<double>(i)) != winners.end())
      out.choices.push_back(dimension.choices[i]);
  return out;
}

SearchDimension narrowed_normal(const SearchDimension& dimension, std::span<const double> winners) {
  SearchDimension out = dimension;
  double mean = 0, squares = 0;
  for (const double number : winners) mean += number / static_cast<double>(winners.size());
  for (const double number : winners) squares += (number - mean) * (number - mean);
  const double deviation = std::sqrt(squares / static_cast<double>(winners.size()));
  out.args[0] = tidied(mean);
  out.args[1] = tidied(std::clamp(deviation, kLeastDeviation * dimension.args[1], dimension.args[1]));
  return out;
}

}  // namespace

std::optional<double> number_of_same_value(const SearchDimension& dimension, const SearchDimension& other,
                                           double number) {
  const JsonNode value = value_of(other, number);
  if (dimension.distribution == choice) {
    const std::string text = to_canonical_json(value);
    for (std::size_t i = 0; i < dimension.choices.size(); ++i)
      if (to_canonical_json(dimension.choices[i]) == text) return static_cast<double>(i);
    return std::nullopt;
  }
  if (!value.is(JsonNode::Kind::number)) return std::nullopt;
  const Scale scale = scale_of(dimension);
  if (value.number < scale.first || value.number > scale.last) return std::nullopt;
  const double from = scale.normal ? 0 : scale.first;
  const double steps = scale.step > 0 ? (value.number - from) / scale.step : 0;
  if (std::abs(steps - std::round(steps)) > kOnGrid) return std::nullopt;
  return value.number;
}

SearchDimension narrowed(const SearchDimension& dimension, std::span<const double> winners) {
  ensure(!winners.empty(), "narrowed: around nothing");
  if (dimension.distribution == choice) return narrowed_choice(dimension, winners);
  if (dimension.distribution == randn || dimension.distribution == qrandn) return narrowed_normal(dimension, winners);
  const Scale scale = scale_of(dimension);
  const auto [least, most] = std::ranges::minmax(winners);
  const double low = scale.place(least), high = scale.place(most);
  const double margin =
      std::max(kMargin * (high - low), kLeastMargin * (scale.place(scale.last) - scale.place(scale.first)));
  // number() rounds to the grid and stays between the ends.
  double first = scale.number(low - margin), last = scale.number(high + margin);
  if (scale.step == 0) {
    first = std::max(scale.first, tidied(first));
    last = std::min(scale.last, tidied(last));
  }
  SearchDimension out = dimension;
  out.args[0] = first;
  const bool excludes_high = dimension.distribution == randint || dimension.distribution == lograndint;
  out.args[1] = excludes_high ? last + 1 : last;
  // A grid of one number has no low below its high; one step more is drawn, or is beyond the end and is not.
  if (out.args[1] <= out.args[0]) out.args[1] = out.args[0] + scale.step;
  return out;
}

JsonNode search_block(std::span<const SearchDimension> space) {
  JsonNode block;
  block.kind = JsonNode::Kind::object;
  for (const SearchDimension& dimension : space) {
    JsonNode& list = block.at_or_insert(dimension.path + "__" + to_string(dimension.distribution));
    list.kind = JsonNode::Kind::array;
    list.elements = dimension.choices;
    SearchDimension plain;  // whose numbers are written as they are
    for (const double argument : dimension.args) list.elements.push_back(value_of(plain, argument));
  }
  return block;
}

}  // namespace slm
