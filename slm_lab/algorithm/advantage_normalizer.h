#pragma once

#include <string>
#include <vector>

#include "slm_lab/base/archive.h"
#include "slm_lab/base/matrix.h"

namespace slm {

/// On which scale advantages weigh a policy's gradient (`normalize_advantages`).
class AdvantageNormalizer {
 public:
  /// none; standardize: each minibatch to mean 0 and standard deviation 1; standardize_rollout: the whole rollout,
  /// before it is cut; percentile: divided by the running distance between the 5th and the 95th percentile of
  /// minibatches, and never by less than 1 (Hafner et al. 2023, eq. 11-12, of returns there).
  static std::vector<std::string> names();

  explicit AdvantageNormalizer(std::string name) : name_(std::move(name)) {}

  /// To be called with each newly estimated rollout.
  void rollout(Eigen::Ref<Vector> advantages) const;
  /// To be called with each minibatch, a copy of its rows of the rollout.
  void minibatch(Eigen::Ref<Vector> advantages);
  void serialize(Archive& archive);

 private:
  std::string name_;
  double low_ = 0, high_ = 0;  // running percentiles; SLM-Lab 5 starts them at 0, too
  std::vector<float> sorted_;  // (n) of the last minibatch
};

}  // namespace slm
