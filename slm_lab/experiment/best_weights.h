#pragma once

#include <limits>
#include <string>
#include <vector>

#include "slm_lab/algorithm/algorithm.h"

namespace slm {

/// A copy of the nets as they were when total_reward_ma was highest.
class BestWeights {
 public:
  explicit BestWeights(Algorithm& algorithm);
  /// Copies the nets if `score` is at least the best so far (later wins, as in SLM-Lab); NaN never does.
  bool offer(double score, Algorithm& algorithm);
  double score() const { return score_; }

  struct Saved {
    std::string net;
    Parameters parameters;
  };
  std::vector<Saved>& nets() { return nets_; }
  void serialize(Archive& archive);

 private:
  double score_ = -std::numeric_limits<double>::infinity();
  std::vector<Saved> nets_;
};

}  // namespace slm
