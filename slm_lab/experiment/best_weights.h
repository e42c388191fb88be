#pragma once

#include <limits>
#include <string>
#include <vector>

#include "slm_lab/algorithm/algorithm.h"
#include "slm_lab/env/running_moments.h"

namespace slm {

/// A copy of the nets as they were when total_reward_ma was highest, and of the statistics that normalised what they
/// saw: the two belong together.
class BestWeights {
 public:
  BestWeights(Algorithm& algorithm, const EnvStatistics& statistics);
  /// Copies the nets if `score` is at least the best so far (later wins, as in SLM-Lab); NaN never does.
  bool offer(double score, Algorithm& algorithm, const EnvStatistics& statistics);
  double score() const { return score_; }

  struct Saved {
    std::string net;
    Parameters parameters;
  };
  std::vector<Saved>& nets() { return nets_; }
  EnvStatistics& statistics() { return statistics_; }
  bool any() const { return score_ > -std::numeric_limits<double>::infinity(); }  ///< a score was offered
  void serialize(Archive& archive);

 private:
  double score_ = -std::numeric_limits<double>::infinity();
  std::vector<Saved> nets_;
  EnvStatistics statistics_;
};

}  // namespace slm
