#pragma once

#include <limits>
#include <span>
#include <string_view>

namespace slm {

/// The return of a uniformly random policy: the zero point of the metric `strength`.
struct RandomBaseline {
  std::string_view env;  ///< Gymnasium id; options such as `continuous` are not part of it
  double mean, std;      ///< over whole episodes; population standard deviation
};

std::span<const RandomBaseline> random_baselines();                ///< sorted by id
const RandomBaseline* find_random_baseline(std::string_view env);  ///< nullptr when there is none

/// Its mean; NaN when there is none.
inline double random_baseline(std::string_view env) {
  const RandomBaseline* found = find_random_baseline(env);
  return found == nullptr ? std::numeric_limits<double>::quiet_NaN() : found->mean;
}

}  // namespace slm
