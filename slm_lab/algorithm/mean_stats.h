#pragma once

#include "slm_lab/algorithm/algorithm.h"

namespace slm {

/// The mean of what several gradient steps report; what one of them does not have, it has not either.
class MeanStats {
 public:
  void add(const TrainStats& stats);
  void add(const MeanStats& others);
  TrainStats mean() const;

 private:
  TrainStats sum_ = zero();
  int count_ = 0;

  static TrainStats zero();
};

}  // namespace slm
