#pragma once

#include <array>
#include <cmath>

#include "slm_lab/base/archive.h"
#include "slm_lab/env/env_step.h"
#include "slm_lab/env/mujoco/numpy_sum.h"
#include "slm_lab/env/mujoco/observation.h"
#include "slm_lab/env/mujoco/state.h"
#include "slm_lab/env/mujoco_kwargs.h"

namespace slm {

/// Ant-v5: four legs that walk forward without falling or jumping (Schulman et al. 2016).
class Ant {
 public:
  using Kwargs = AntKwargs;
  using Model = MujocoModel;
  static constexpr int kStepNanoseconds = 150'000;
  static Space obs_space(const Kwargs& k) { return mujoco_spaces(k).obs; }
  static Space action_space(const Kwargs& k) { return mujoco_spaces(k).action; }
  static std::shared_ptr<const Model> make_model(const Kwargs& k) {
    auto model = std::make_shared<const Model>(k.xml_file);
    model->require(model->sizes().nq >= 3, "expected three coordinates or more: x, y and z");
    model->body(k.main_body);
    return model;
  }

  Ant(const Kwargs& kwargs, const std::shared_ptr<const Model>& model)
      : k_(kwargs), main_body_(model->body(k_.main_body)), state_(model, kwargs.frame_skip, ContactForces::yes) {}

  void reset(Rng& rng) {
    state_.reset();
    add_uniform(state_.qpos(), k_.reset_noise_scale, rng);
    add_normal(state_.qvel(), k_.reset_noise_scale, rng);
    state_.start();
    x_ = state_.xpos(main_body_)[0];
  }

  EnvStep step(std::span<const float> action) {
    if (!state_.step(action)) return EnvStep::of_divergence();
    const double x = state_.xpos(main_body_)[0];
    const double velocity = (x - x_) / state_.dt();
    x_ = x;
    const bool healthy = is_healthy();
    const double gain = velocity * k_.forward_reward_weight + (healthy ? k_.healthy_reward : 0);
    const double cost = action_cost(k_.ctrl_cost_weight, action) + contact_cost();
    return state_.outcome(gain - cost, !healthy && k_.terminate_when_unhealthy);
  }

  template <class Number>
  void observe(Number* obs) const {
    Observation out(obs);
    out.add(state_.qpos().subspan(2 * k_.exclude_current_positions_from_observation));
    out.add(state_.qvel());
    const TwoBounds& range = k_.contact_force_range;
    if (k_.include_cfrc_ext_in_observation) out.add_clipped(state_.cfrc_ext().subspan(6), range.low, range.high);
  }

  void serialize(Archive& archive) {
    archive("physics", state_);
    archive("x", x_);
  }
  const MujocoState& state() const { return state_; }
  Scene scene() const { return state_.scene(); }

 private:
  bool is_healthy() const {
    const auto finite = [](double value) { return std::isfinite(value); };
    const double z = state_.qpos()[2];
    return std::ranges::all_of(state_.qpos(), finite) && std::ranges::all_of(state_.qvel(), finite) &&
           k_.healthy_z_range.low <= z && z <= k_.healthy_z_range.high;
  }

  double contact_cost() const {
    const std::span<const double> forces = state_.cfrc_ext();
    return k_.contact_cost_weight * numpy_sum<double>(0, forces.size(), [&](std::size_t i) {
             const double force = k_.contact_force_range.clip(forces[i]);
             return force * force;
           });
  }

  Kwargs k_;
  int main_body_;
  MujocoState state_;
  double x_ = 0;  // of the main body, where the next step finds it; it lags behind qpos, so it can't be had from there
};

}  // namespace slm
