#pragma once

#include <array>
#include <cstddef>
#include <span>

namespace slm {

/// term(first) + ... + term(first + count - 1) in the order of numpy.sum over contiguous numbers: blocks of at most
/// 128, in each of which eight running sums are joined as a tree, then what is left one by one.
template <class Number, class Term>
Number numpy_sum(std::size_t first, std::size_t count, const Term& term) {
  constexpr std::size_t kLanes = 8, kBlock = 128;
  if (count > kBlock) {
    const std::size_t half = count / 2 - count / 2 % kLanes;
    return numpy_sum<Number>(first, half, term) + numpy_sum<Number>(first + half, count - half, term);
  }
  Number sum = 0;
  std::size_t done = 0;
  if (count >= kLanes) {
    std::array<Number, kLanes> r{};
    for (std::size_t lane = 0; lane < kLanes; ++lane) r[lane] = term(first + lane);
    for (done = kLanes; done + kLanes <= count; done += kLanes)
      for (std::size_t lane = 0; lane < kLanes; ++lane) r[lane] += term(first + done + lane);
    sum = ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]));
  }
  for (; done < count; ++done) sum += term(first + done);
  return sum;
}

/// numpy.sum(numpy.square(values)), in the precision of the values.
template <class Number>
Number sum_of_squares(std::span<const Number> values) {
  return numpy_sum<Number>(0, values.size(), [&](std::size_t i) { return values[i] * values[i]; });
}

/// A factor on the squared action, which Gymnasium works out in the action's float32.
inline double action_cost(double weight, std::span<const float> action) {
  return static_cast<double>(static_cast<float>(weight) * sum_of_squares(action));
}

}  // namespace slm
