#pragma once

#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <span>

#include "slm_lab/base/archive.h"
#include "slm_lab/base/scene.h"
#include "slm_lab/env/env_step.h"
#include "slm_lab/env/kwargs.h"

namespace slm {

/// CartPole-v1: a pole on a cart (Barto, Sutton & Anderson 1983), Euler steps of 0.02 s; action 0 pushes left, 1 right.
class CartPole {
 public:
  using Kwargs = CartPoleKwargs;
  static constexpr int kStepNanoseconds = 40;
  static Space obs_space(const Kwargs&) {
    constexpr float inf = std::numeric_limits<float>::infinity();
    const auto x = static_cast<float>(2 * kMaxX);
    const auto theta = static_cast<float>(2 * kMaxTheta);
    return Space::box({-x, -inf, -theta, -inf}, {x, inf, theta, inf});
  }
  static Space action_space(const Kwargs&) { return Space::discrete(2); }

  explicit CartPole(const Kwargs& kwargs) : sutton_barto_reward_(kwargs.sutton_barto_reward) {}

  void reset(Rng& rng) {
    for (double& value : state_) value = rng.uniform(-0.05, 0.05);
  }

  EnvStep step(int action) {
    auto& [x, x_dot, theta, theta_dot] = state_;
    const double force = action == 1 ? kForce : -kForce;
    const double cos_theta = std::cos(theta);
    const double sin_theta = std::sin(theta);
    const double temp = (force + kPoleMassLength * (theta_dot * theta_dot) * sin_theta) / kTotalMass;
    const double theta_acc = (kGravity * sin_theta - cos_theta * temp) /
                             (kLength * (4.0 / 3.0 - kPoleMass * (cos_theta * cos_theta) / kTotalMass));
    const double x_acc = temp - kPoleMassLength * theta_acc * cos_theta / kTotalMass;
    x = x + kTau * x_dot;
    x_dot = x_dot + kTau * x_acc;
    theta = theta + kTau * theta_dot;
    theta_dot = theta_dot + kTau * theta_acc;

    const bool terminated = x < -kMaxX || x > kMaxX || theta < -kMaxTheta || theta > kMaxTheta;
    const double reward = sutton_barto_reward_ ? (terminated ? -1.0 : 0.0) : 1.0;
    return {reward, terminated};
  }

  void observe(float* obs) const {
    for (std::size_t i = 0; i < state_.size(); ++i) obs[i] = static_cast<float>(state_[i]);
  }

  void serialize(Archive& archive) { archive("state", std::span<double>(state_)); }
  std::span<const double> state() const { return state_; }  ///< x, x_dot, theta, theta_dot
  Scene scene() const;

 private:
  static constexpr double kGravity = 9.8;
  static constexpr double kPoleMass = 0.1;
  static constexpr double kTotalMass = 0.1 + 1.0;
  static constexpr double kLength = 0.5;  // half the pole's
  static constexpr double kPoleMassLength = 0.1 * 0.5;
  static constexpr double kForce = 10.0;
  static constexpr double kTau = 0.02;
  static constexpr double kMaxX = 2.4;
  static constexpr double kMaxTheta = 12 * 2 * std::numbers::pi / 360;

  bool sutton_barto_reward_;
  std::array<double, 4> state_{};
};

}  // namespace slm
