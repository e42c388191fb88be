#pragma once

#include <vector>

#include "slm_lab/env/gymnasium/worker.h"
#include "slm_lab/env/rollout_env.h"

namespace slm {

/// One environment of Gymnasium in Python, seeded as env.reset(seed=seed) does it.
class GymnasiumRolloutEnv final : public RolloutEnv {
 public:
  GymnasiumRolloutEnv(EnvInfo info, const GymnasiumKwargs& kwargs, std::uint64_t seed);

  const EnvInfo& info() const override { return info_; }
  bool obs_is_float64() const override { return number_ == ObsNumber::float64; }
  void reset(std::vector<double>& obs) override;
  Step step(std::span<const double> action, std::vector<double>& obs) override;
  std::optional<Scene> scene() const override { return worker_.draw(); }  ///< what its render() gives

 private:
  void read(const std::byte* shared, std::vector<double>& obs) const;

  EnvInfo info_;
  ObsNumber number_;
  std::uint64_t seed_;
  bool started_ = false;
  mutable GymnasiumWorker worker_;  // which, when it draws, changes nothing that we could see
};

}  // namespace slm
