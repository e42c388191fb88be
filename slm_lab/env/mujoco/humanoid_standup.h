#pragma once

#include "slm_lab/base/archive.h"
#include "slm_lab/env/env_step.h"
#include "slm_lab/env/mujoco/humanoid_body.h"
#include "slm_lab/env/mujoco/numpy_sum.h"

namespace slm {

/// HumanoidStandup-v5: the humanoid lies on its back and is rewarded for the height it reaches. It never terminates.
class HumanoidStandup {
 public:
  using Kwargs = HumanoidStandupKwargs;
  using Model = MujocoModel;
  static constexpr int kStepNanoseconds = 250'000;
  static Space obs_space(const Kwargs& k) { return mujoco_spaces(k).obs; }
  static Space action_space(const Kwargs& k) { return mujoco_spaces(k).action; }
  static std::shared_ptr<const Model> make_model(const Kwargs& k) { return make_humanoid(k.xml_file); }

  HumanoidStandup(const Kwargs& kwargs, const std::shared_ptr<const Model>& model)
      : k_(kwargs), timestep_(model->timestep()), state_(model, kwargs.frame_skip, ContactForces::yes) {}

  void reset(Rng& rng) {
    state_.reset();
    add_uniform(state_.qpos(), k_.reset_noise_scale, rng);
    add_uniform(state_.qvel(), k_.reset_noise_scale, rng);
    state_.start();
  }

  EnvStep step(std::span<const float> action) {
    if (!state_.step(action)) return EnvStep::of_divergence();
    const double height = state_.qpos()[2] / timestep_;  // not over dt
    const double ctrl_cost = k_.ctrl_cost_weight * sum_of_squares(state_.ctrl());
    const double impact_cost = k_.impact_cost_range.clip(k_.impact_cost_weight * sum_of_squares(state_.cfrc_ext()));
    return state_.outcome(height - ctrl_cost - impact_cost + 1, false);
  }

  template <class Number>
  void observe(Number* obs) const {
    observe_humanoid(k_.obs, state_, obs);
  }

  void serialize(Archive& archive) { archive("physics", state_); }
  const MujocoState& state() const { return state_; }
  Scene scene() const { return state_.scene(); }

 private:
  Kwargs k_;
  double timestep_;
  MujocoState state_;
};

}  // namespace slm
