#pragma once

#include <optional>

#include "slm_lab/base/observations.h"

namespace slm {

class RunningMoments;

/// (obs - mean) / sqrt(var + 1e-8), clipped, as Gymnasium's NormalizeObservation; the moments as they stand at the last
/// refresh().
class ObsScaling {
 public:
  ObsScaling() = default;
  ObsScaling(const RunningMoments& moments, std::optional<double> clip);
  void refresh();
  void operator()(Matrix& obs) const;  ///< (n, obs_dim), in place

 private:
  const RunningMoments* moments_ = nullptr;
  std::optional<float> clip_;
  Eigen::ArrayXd inv_std_;  // (obs_dim)
};

/// What the learner sees of rewards: over the running deviation of discounted returns (Gymnasium's NormalizeReward),
/// then times a factor or its sign alone, then clipped.
struct RewardScaling {
  const RunningMoments* discounted_return = nullptr;  ///< null: not normalised
  double factor = 1;
  bool sign = false;
  std::optional<float> clip;

  double scale() const;  ///< as it stands now: of a reward that no sign or clip changes
};

/// What running statistics make of raw rows (StepResult::raw), as they stand when a memory draws them. It borrows the
/// statistics of the session.
class Scaling {
 public:
  Scaling() = default;
  Scaling(std::optional<ObsScaling> obs, const RewardScaling& rewards);

  /// Whether rows are to be kept raw.
  bool active() const { return obs_ || rewards_.discounted_return != nullptr; }
  /// Takes the statistics as they stand; before any of the others.
  void refresh();
  void scale_obs(Observations& obs) const {
    if (obs_) (*obs_)(obs.floats());
  }
  float reward(float raw) const;
  /// The raw reward that scale() alone would make reward(raw) of: sums of these can be kept raw.
  float limited(float raw) const;
  float scale() const { return scale_; }

 private:
  std::optional<ObsScaling> obs_;
  RewardScaling rewards_;
  float scale_ = 1;
};

}  // namespace slm
