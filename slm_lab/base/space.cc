#include "slm_lab/base/space.h"

#include <functional>
#include <limits>
#include <numeric>

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

Space Space::bytes(std::vector<std::int64_t> shape) {
  const auto size =
      static_cast<std::size_t>(std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>()));
  Space space = box(std::vector<float>(size, 0), std::vector<float>(size, 255));
  space.shape = std::move(shape);
  space.of_bytes = true;
  return space;
}

std::int64_t Space::row_bytes() const {
  return size() * static_cast<std::int64_t>(of_bytes ? sizeof(std::uint8_t) : sizeof(float));
}

}  // namespace slm
