#include "slm_lab/base/space.h"

#include <algorithm>
#include <limits>

#include "slm_lab/base/error.h"

namespace slm {

Space Space::discrete(int n) {
  ensure(n > 0, "a discrete space has at least one value");
  return {.kind = Kind::discrete, .n = n, .shape = {}, .low = {}, .high = {}};
}

Space Space::box(std::vector<float> low, std::vector<float> high) {
  ensure(low.size() == high.size() && !low.empty(), "a box has one low and one high for each element");
  const auto size = static_cast<std::int64_t>(low.size());
  return {.kind = Kind::box, .n = 0, .shape = {size}, .low = std::move(low), .high = std::move(high)};
}

Space Space::row(int size) {
  const std::vector<float> bound(static_cast<std::size_t>(size), std::numeric_limits<float>::infinity());
  return box(std::vector<float>(bound.size(), -bound.front()), bound);
}

bool Space::is_image() const {
  return shape.size() >= 2 && std::ranges::all_of(low, [](float x) { return x == 0; }) &&
         std::ranges::all_of(high, [](float x) { return x == 255; });
}

int Space::size() const { return is_discrete() ? 1 : static_cast<int>(low.size()); }

}  // namespace slm
