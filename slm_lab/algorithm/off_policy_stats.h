#pragma once

#include "slm_lab/algorithm/twin_learners.h"

namespace slm {

/// What a round of training of twin critics and an actor sums up, and what it reports of that.
class OffPolicyStats {
 public:
  void add_critics(const TwinLearners::Fit& fit);
  void add_actor(double loss, float grad_norm);
  /// Means over the updates; what only an actor has stays NaN in a round without its update.
  TrainStats means() const;

 private:
  int critic_updates_ = 0, actor_updates_ = 0;
  double policy_loss_ = 0;
  TwinLearners::Fit sum_;
};

}  // namespace slm
