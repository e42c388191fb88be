#include "slm_lab/env/action_scale.h"

namespace slm {

Space unit_box(int dim) {
  const auto size = static_cast<std::size_t>(dim);
  return Space::box(std::vector<float>(size, -1), std::vector<float>(size, 1));
}

const Matrix& ActionScale::to_env(const Matrix& drawn) {
  if (action_space_.is_discrete()) return drawn;
  scaled_.resize(drawn.rows(), drawn.cols());
  for (Eigen::Index j = 0; j < drawn.cols(); ++j) {
    const float low = action_space_.low[static_cast<std::size_t>(j)],
                high = action_space_.high[static_cast<std::size_t>(j)];
    if (range_ == ActionRange::environment)
      scaled_.col(j) = drawn.col(j).cwiseMax(low).cwiseMin(high);
    else
      scaled_.col(j).array() = low + (drawn.col(j).array() + 1) * 0.5f * (high - low);
  }
  return scaled_;
}

}  // namespace slm
