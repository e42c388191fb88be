#pragma once

#include <array>
#include <cmath>
#include <span>

#include "slm_lab/base/archive.h"
#include "slm_lab/base/scene.h"
#include "slm_lab/env/env_step.h"
#include "slm_lab/env/kwargs.h"

namespace slm {

/// MountainCarContinuous-v0: the car in the valley with a continuous push and a price on it.
///
/// NumPy's promotion rules make Gymnasium's arithmetic change its precision: after a reset the state is float64, the
/// first step stores float32, and from then on all is float32, except that a clipped push stays float64 until it meets
/// the velocity. This follows it, operation by operation.
class MountainCarContinuous {
 public:
  using Kwargs = MountainCarKwargs;
  static constexpr int kStepNanoseconds = 25;
  static Space obs_space(const Kwargs&) { return Space::box({-1.2f, -0.07f}, {0.6f, 0.07f}); }
  static Space action_space(const Kwargs&) { return Space::box({-1.0f}, {1.0f}); }

  explicit MountainCarContinuous(const Kwargs& kwargs) : goal_velocity_(kwargs.goal_velocity) {}

  void reset(Rng& rng) {
    state_ = {rng.uniform(-0.6, -0.4), 0.0};
    fresh_ = true;
  }

  EnvStep step(std::span<const float> action) {
    const bool terminated = fresh_ ? move<double>(action[0]) : move<float>(action[0]);
    fresh_ = false;
    const double push = action[0];  // the price is on the action as given, not as clipped
    return {(terminated ? 100.0 : 0.0) - push * push * 0.1, terminated};
  }

  void observe(float* obs) const {
    obs[0] = static_cast<float>(state_[0]);
    obs[1] = static_cast<float>(state_[1]);
  }

  void serialize(Archive& archive) {
    archive("state", std::span<double>(state_));
    archive("fresh", fresh_);
  }
  std::span<const double> state() const { return state_; }  ///< position, velocity
  Scene scene() const;

 private:
  /// Returns whether the goal is reached.
  template <class Real>
  bool move(float action) {
    auto position = static_cast<Real>(state_[0]);
    auto velocity = static_cast<Real>(state_[1]);
    const double slope = 0.0025 * std::cos(static_cast<double>(3 * position));
    if (action < -1.0f)
      velocity += static_cast<Real>(-1.0 * kPower - slope);
    else if (action > 1.0f)
      velocity += static_cast<Real>(1.0 * kPower - slope);
    else
      velocity += static_cast<Real>(action * static_cast<float>(kPower) - static_cast<float>(slope));

    constexpr auto max_speed = static_cast<Real>(0.07);
    constexpr auto min_position = static_cast<Real>(-1.2);
    constexpr auto max_position = static_cast<Real>(0.6);
    if (velocity > max_speed) velocity = max_speed;
    if (velocity < -max_speed) velocity = -max_speed;
    position += velocity;
    if (position > max_position) position = max_position;
    if (position < min_position) position = min_position;
    if (position == min_position && velocity < 0) velocity = 0;
    state_ = {static_cast<float>(position), static_cast<float>(velocity)};
    return position >= static_cast<Real>(0.45) && velocity >= static_cast<Real>(goal_velocity_);
  }

  static constexpr double kPower = 0.0015;

  double goal_velocity_;
  bool fresh_ = true;  // no step since the reset
  std::array<double, 2> state_{};
};

}  // namespace slm
