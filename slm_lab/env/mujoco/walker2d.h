#pragma once

#include "slm_lab/base/archive.h"
#include "slm_lab/env/env_step.h"
#include "slm_lab/env/mujoco/numpy_sum.h"
#include "slm_lab/env/mujoco/observation.h"
#include "slm_lab/env/mujoco/state.h"
#include "slm_lab/env/mujoco_kwargs.h"

namespace slm {

/// Walker2d-v5: two legs that walk forward in a plane without falling.
class Walker2d {
 public:
  using Kwargs = Walker2dKwargs;
  using Model = MujocoModel;
  static constexpr int kStepNanoseconds = 50'000;
  static Space obs_space(const Kwargs& k) { return mujoco_spaces(k).obs; }
  static Space action_space(const Kwargs& k) { return mujoco_spaces(k).action; }
  static std::shared_ptr<const Model> make_model(const Kwargs& k) {
    auto model = std::make_shared<const Model>(k.xml_file);
    model->require(model->sizes().nq >= 3, "expected three coordinates or more: x, z and the lean");
    return model;
  }

  Walker2d(const Kwargs& kwargs, std::shared_ptr<const Model> model)
      : k_(kwargs), state_(std::move(model), kwargs.frame_skip, ContactForces::no) {}

  void reset(Rng& rng) {
    state_.reset();
    add_uniform(state_.qpos(), k_.reset_noise_scale, rng);
    add_uniform(state_.qvel(), k_.reset_noise_scale, rng);
    state_.start();
  }

  EnvStep step(std::span<const float> action) {
    const double x = state_.qpos()[0];
    if (!state_.step(action)) return EnvStep::of_divergence();
    const double velocity = (state_.qpos()[0] - x) / state_.dt();
    const bool healthy =
        k_.healthy_z_range.encloses(state_.qpos()[1]) && k_.healthy_angle_range.encloses(state_.qpos()[2]);
    const double gain = k_.forward_reward_weight * velocity + (healthy ? k_.healthy_reward : 0);
    return {gain - action_cost(k_.ctrl_cost_weight, action), !healthy && k_.terminate_when_unhealthy};
  }

  template <class Number>
  void observe(Number* obs) const {
    Observation out(obs);
    out.add(state_.qpos().subspan(k_.exclude_current_positions_from_observation));
    out.add_clipped(state_.qvel(), -10, 10);
  }

  void serialize(Archive& archive) { archive("physics", state_); }
  const MujocoState& state() const { return state_; }

 private:
  Kwargs k_;
  MujocoState state_;
};

}  // namespace slm
