#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "slm_lab/base/archive.h"
#include "slm_lab/base/scene.h"
#include "slm_lab/env/env_step.h"
#include "slm_lab/env/kwargs.h"

namespace slm {

/// MountainCar-v0: an underpowered car in a valley (Moore 1990); the action less 1 is the direction of the push.
class MountainCar {
 public:
  using Kwargs = MountainCarKwargs;
  static constexpr int kStepNanoseconds = 25;
  static Space obs_space(const Kwargs&) {
    return Space::box({static_cast<float>(kMinPosition), static_cast<float>(-kMaxSpeed)},
                      {static_cast<float>(kMaxPosition), static_cast<float>(kMaxSpeed)});
  }
  static Space action_space(const Kwargs&) { return Space::discrete(3); }

  explicit MountainCar(const Kwargs& kwargs) : goal_velocity_(kwargs.goal_velocity) {}

  void reset(Rng& rng) { state_ = {rng.uniform(-0.6, -0.4), 0.0}; }

  EnvStep step(int action) {
    auto& [position, velocity] = state_;
    velocity += (action - 1) * kForce + std::cos(3 * position) * -kGravity;
    velocity = std::clamp(velocity, -kMaxSpeed, kMaxSpeed);
    position += velocity;
    position = std::clamp(position, kMinPosition, kMaxPosition);
    if (position == kMinPosition && velocity < 0) velocity = 0;
    return {-1.0, position >= kGoalPosition && velocity >= goal_velocity_};
  }

  void observe(float* obs) const {
    obs[0] = static_cast<float>(state_[0]);
    obs[1] = static_cast<float>(state_[1]);
  }

  void serialize(Archive& archive) { archive("state", std::span<double>(state_)); }
  std::span<const double> state() const { return state_; }  ///< position, velocity
  Scene scene() const;

 private:
  static constexpr double kMinPosition = -1.2;
  static constexpr double kMaxPosition = 0.6;
  static constexpr double kMaxSpeed = 0.07;
  static constexpr double kGoalPosition = 0.5;
  static constexpr double kForce = 0.001;
  static constexpr double kGravity = 0.0025;

  double goal_velocity_;
  std::array<double, 2> state_{};
};

}  // namespace slm
