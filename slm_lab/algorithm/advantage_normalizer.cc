#include "slm_lab/algorithm/advantage_normalizer.h"

#include <algorithm>
#include <cmath>

#include "slm_lab/algorithm/returns.h"
#include "slm_lab/base/quantile.h"

namespace slm {

std::vector<std::string> AdvantageNormalizer::names() {
  return {"none", "standardize", "standardize_rollout", "percentile"};
}

void AdvantageNormalizer::rollout(Eigen::Ref<Vector> advantages) const {
  if (name_ == "standardize_rollout") standardize(advantages);
}

void AdvantageNormalizer::minibatch(Eigen::Ref<Vector> advantages) {
  if (name_ == "standardize") standardize(advantages);
  if (name_ != "percentile" || !advantages.allFinite()) return;  // the loss will tell; numbers without order end a sort
  constexpr double kDecay = 0.99;
  sorted_.assign(advantages.data(), advantages.data() + advantages.size());
  std::ranges::sort(sorted_);
  low_ = kDecay * low_ + (1 - kDecay) * static_cast<double>(quantile(sorted_, 0.05));
  high_ = kDecay * high_ + (1 - kDecay) * static_cast<double>(quantile(sorted_, 0.95));
  advantages /= static_cast<float>(std::max(1.0, high_ - low_));
}

void AdvantageNormalizer::serialize(Archive& archive) {
  if (name_ != "percentile") return;
  archive("low", low_);
  archive("high", high_);
}

}  // namespace slm
