#include "slm_lab/search/search_point.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "slm_lab/base/error.h"

namespace slm {

std::vector<SearchDimension> searched_dimensions(std::vector<SearchDimension> space) {
  std::erase_if(space, [](const SearchDimension& dimension) { return dimension.inert; });
  return space;
}

JsonNode value_of(const SearchDimension& dimension, double number) {
  if (dimension.distribution == SearchDistribution::choice) {
    ensure(number >= 0 && number < static_cast<double>(dimension.choices.size()), "value_of: no such choice");
    return dimension.choices[static_cast<std::size_t>(number)];
  }
  JsonNode node;
  node.kind = JsonNode::Kind::number;
  node.number = number;
  node.is_integer = number == std::floor(number) && std::abs(number) < 1e15;
  node.text = node.is_integer ? fmt::format("{:.0f}", number) : fmt::format("{}", number);
  return node;
}

}  // namespace slm
