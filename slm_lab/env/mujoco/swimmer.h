#pragma once

#include "slm_lab/base/archive.h"
#include "slm_lab/env/env_step.h"
#include "slm_lab/env/mujoco/numpy_sum.h"
#include "slm_lab/env/mujoco/observation.h"
#include "slm_lab/env/mujoco/state.h"
#include "slm_lab/env/mujoco_kwargs.h"

namespace slm {

/// Swimmer-v5: three links in a thick liquid that swim forward (Coulom 2002). It never terminates.
class Swimmer {
 public:
  using Kwargs = SwimmerKwargs;
  using Model = MujocoModel;
  static constexpr int kStepNanoseconds = 15'000;
  static Space obs_space(const Kwargs& k) { return mujoco_spaces(k).obs; }
  static Space action_space(const Kwargs& k) { return mujoco_spaces(k).action; }
  static std::shared_ptr<const Model> make_model(const Kwargs& k) {
    auto model = std::make_shared<const Model>(k.xml_file);
    model->require(model->sizes().nq >= 2, "expected two coordinates or more: x and y");
    return model;
  }

  Swimmer(const Kwargs& kwargs, std::shared_ptr<const Model> model)
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
    return {k_.forward_reward_weight * velocity - action_cost(k_.ctrl_cost_weight, action), false};
  }

  template <class Number>
  void observe(Number* obs) const {
    Observation out(obs);
    out.add(state_.qpos().subspan(2 * k_.exclude_current_positions_from_observation));
    out.add(state_.qvel());
  }

  void serialize(Archive& archive) { archive("physics", state_); }
  const MujocoState& state() const { return state_; }

 private:
  Kwargs k_;
  MujocoState state_;
};

}  // namespace slm
