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

/// Acrobot-v1: a two-link pendulum driven at the elbow (Sutton 1996, equations of the book), one Runge-Kutta step of
/// 0.2 s; the action less 1 is the torque. The goal is to swing the tip one link above the pivot.
class Acrobot {
 public:
  using Kwargs = NoKwargs;
  static constexpr int kStepNanoseconds = 400;
  static Space obs_space(const Kwargs&) {
    const auto v1 = static_cast<float>(kMaxVelocity1);
    const auto v2 = static_cast<float>(kMaxVelocity2);
    return Space::box({-1, -1, -1, -1, -v1, -v2}, {1, 1, 1, 1, v1, v2});
  }
  static Space action_space(const Kwargs&) { return Space::discrete(3); }

  explicit Acrobot(const Kwargs&) {}

  void reset(Rng& rng) {
    for (double& value : state_) value = static_cast<float>(rng.uniform(-0.1, 0.1));  // Gymnasium stores float32 here
    observe_fresh();
  }

  EnvStep step(int action) {
    state_ = integrate(state_, action - 1.0);
    auto& [theta1, theta2, theta1_dot, theta2_dot] = state_;
    theta1 = wrap(theta1);
    theta2 = wrap(theta2);
    theta1_dot = std::min(std::max(theta1_dot, -kMaxVelocity1), kMaxVelocity1);
    theta2_dot = std::min(std::max(theta2_dot, -kMaxVelocity2), kMaxVelocity2);

    const double cos1 = std::cos(theta1);
    const bool terminated = -cos1 - std::cos(theta2 + theta1) > 1.0;
    obs_ = {static_cast<float>(cos1),
            static_cast<float>(std::sin(theta1)),
            static_cast<float>(std::cos(theta2)),
            static_cast<float>(std::sin(theta2)),
            static_cast<float>(theta1_dot),
            static_cast<float>(theta2_dot)};
    return {terminated ? 0.0 : -1.0, terminated};
  }

  void observe(float* obs) const { std::copy(obs_.begin(), obs_.end(), obs); }

  void serialize(Archive& archive) {
    archive("state", std::span<double>(state_));
    archive("obs", std::span<float>(obs_));
  }
  std::span<const double> state() const { return state_; }  ///< theta1, theta2, theta1_dot, theta2_dot
  Scene scene() const;

 private:
  using State = std::array<double, 4>;
  static constexpr double kPi = std::numbers::pi;
  static constexpr double kMaxVelocity1 = 4 * kPi;
  static constexpr double kMaxVelocity2 = 9 * kPi;
  static constexpr double kDt = 0.2;
  static constexpr double kGravity = 9.8;
  // Both links: mass 1, length 1, centre of mass at 0.5, moment of inertia 1. The constants below keep the order in
  // which Gymnasium multiplies them; products with 1 are exact and left out.
  static constexpr double kCom = 0.5;

  /// Sutton & Barto, the equations of motion.
  static State derivative(const State& s, double torque) {
    const auto& [theta1, theta2, theta1_dot, theta2_dot] = s;
    const double cos2 = std::cos(theta2);
    const double sin2 = std::sin(theta2);
    const double d1 = kCom * kCom + (1.0 + kCom * kCom + 2 * kCom * cos2) + 1.0 + 1.0;
    const double d2 = (kCom * kCom + kCom * cos2) + 1.0;
    const double phi2 = kCom * kGravity * std::cos(theta1 + theta2 - kPi / 2.0);
    const double phi1 = -kCom * numpy_square(theta2_dot) * sin2 - 2 * kCom * theta2_dot * theta1_dot * sin2 +
                        (kCom + 1.0) * kGravity * std::cos(theta1 - kPi / 2.0) + phi2;
    const double theta2_acc = (torque + d2 / d1 * phi1 - kCom * numpy_square(theta1_dot) * sin2 - phi2) /
                              (kCom * kCom + 1.0 - numpy_square(d2) / d1);
    const double theta1_acc = -(d2 * theta2_acc + phi1) / d1;
    return {theta1_dot, theta2_dot, theta1_acc, theta2_acc};
  }

  static State advance(const State& s, double dt, const State& slope) {
    return {s[0] + dt * slope[0], s[1] + dt * slope[1], s[2] + dt * slope[2], s[3] + dt * slope[3]};
  }

  /// One step of the classical Runge-Kutta method.
  static State integrate(const State& s, double torque) {
    const State k1 = derivative(s, torque);
    const State k2 = derivative(advance(s, kDt / 2.0, k1), torque);
    const State k3 = derivative(advance(s, kDt / 2.0, k2), torque);
    const State k4 = derivative(advance(s, kDt, k3), torque);
    State slope;
    for (std::size_t i = 0; i < slope.size(); ++i) slope[i] = k1[i] + 2 * k2[i] + 2 * k3[i] + k4[i];
    return advance(s, kDt / 6.0, slope);
  }

  static double wrap(double angle) {
    while (angle > kPi) angle -= 2 * kPi;
    while (angle < -kPi) angle += 2 * kPi;
    return angle;
  }

  /// The reset's float32 state makes NumPy evaluate cos and sin in float32 there, and only there. These are its
  /// polynomials for |x| < pi/4 (x is at most 0.1), with fused multiply-adds; libm's differ in the last bit now and
  /// then.
  static float cos_float(float x) {
    const float x2 = x * x;
    float r = std::fma(0x1.98e616p-16f, x2, -0x1.6c06dcp-10f);
    r = std::fma(r, x2, 0x1.55553cp-05f);
    r = std::fma(r, x2, -0.5f);
    return std::fma(r, x2, 1.0f);
  }
  static float sin_float(float x) {
    const float x2 = x * x;
    float r = std::fma(0x1.7d3bbcp-19f, x2, -0x1.a06bbap-13f);
    r = std::fma(r, x2, 0x1.11119ap-07f);
    r = std::fma(r, x2, -0x1.555556p-03f);
    return std::fma(r * x2, x, x);
  }
  void observe_fresh() {
    const auto theta1 = static_cast<float>(state_[0]);
    const auto theta2 = static_cast<float>(state_[1]);
    obs_ = {cos_float(theta1),
            sin_float(theta1),
            cos_float(theta2),
            sin_float(theta2),
            static_cast<float>(state_[2]),
            static_cast<float>(state_[3])};
  }

  State state_{};
  std::array<float, 6> obs_{};  // stored, since step() needs its cosine anyway
};

}  // namespace slm
