#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <span>

#include "slm_lab/base/archive.h"
#include "slm_lab/base/scene.h"
#include "slm_lab/env/classic_control/numpy_square.h"
#include "slm_lab/env/env_step.h"
#include "slm_lab/env/kwargs.h"

namespace slm {

/// Pendulum-v1: swing up and hold a pendulum with a torque in [-2, 2]; steps of 0.05 s. It never terminates.
class Pendulum {
 public:
  using Kwargs = PendulumKwargs;
  static constexpr int kStepNanoseconds = 60;
  static Space obs_space(const Kwargs&) { return Space::box({-1, -1, -8}, {1, 1, 8}); }
  static Space action_space(const Kwargs&) { return Space::box({-2}, {2}); }

  explicit Pendulum(const Kwargs& kwargs) : g_(kwargs.g) {}

  void reset(Rng& rng) {
    state_[0] = rng.uniform(-kPi, kPi);
    state_[1] = rng.uniform(-1.0, 1.0);
  }

  EnvStep step(std::span<const float> action) {
    auto& [theta, theta_dot] = state_;
    const float torque = std::clamp(action[0], -2.0f, 2.0f);
    const double angle = normalized(theta);
    // The action is float32, and with it the terms that hold nothing else.
    const double cost =
        numpy_square(angle) + 0.1 * numpy_square(theta_dot) + static_cast<double>(0.001f * numpy_square(torque));
    theta_dot += (3 * g_ / 2.0 * std::sin(theta) + static_cast<double>(3.0f * torque)) * kDt;
    theta_dot = std::clamp(theta_dot, -kMaxSpeed, kMaxSpeed);
    theta += theta_dot * kDt;
    return {-cost, false};
  }

  void observe(float* obs) const {
    obs[0] = static_cast<float>(std::cos(state_[0]));
    obs[1] = static_cast<float>(std::sin(state_[0]));
    obs[2] = static_cast<float>(state_[1]);
  }

  void serialize(Archive& archive) { archive("state", std::span<double>(state_)); }
  std::span<const double> state() const { return state_; }  ///< theta, theta_dot
  Scene scene() const;

 private:
  static constexpr double kPi = std::numbers::pi;
  static constexpr double kMaxSpeed = 8.0;
  static constexpr double kDt = 0.05;

  /// Into [-pi, pi), with Python's remainder: it has the sign of the divisor.
  static double normalized(double angle) {
    double remainder = std::fmod(angle + kPi, 2 * kPi);
    if (remainder < 0) remainder += 2 * kPi;
    return remainder - kPi;
  }

  double g_;
  std::array<double, 2> state_{};
};

}  // namespace slm
