#pragma once

#include <algorithm>
#include <cmath>

#include "slm_lab/base/archive.h"
#include "slm_lab/env/env_step.h"
#include "slm_lab/env/mujoco/observation.h"
#include "slm_lab/env/mujoco/state.h"
#include "slm_lab/env/mujoco_kwargs.h"

namespace slm {

/// InvertedPendulum-v5: a pole on a cart (Barto, Sutton & Anderson 1983) with a force for an action.
class InvertedPendulum {
 public:
  using Kwargs = InvertedPendulumKwargs;
  using Model = MujocoModel;
  static constexpr int kStepNanoseconds = 5'000;
  static Space obs_space(const Kwargs& k) { return mujoco_spaces(k).obs; }
  static Space action_space(const Kwargs& k) { return mujoco_spaces(k).action; }
  static std::shared_ptr<const Model> make_model(const Kwargs& k) {
    auto model = std::make_shared<const Model>(k.xml_file);
    model->require(model->sizes().nq == 2 && model->sizes().nv == 2, "expected two joints: the cart's and the pole's");
    return model;
  }

  InvertedPendulum(const Kwargs& kwargs, std::shared_ptr<const Model> model)
      : k_(kwargs), state_(std::move(model), kwargs.frame_skip, ContactForces::no) {}

  void reset(Rng& rng) {
    state_.reset();
    add_uniform(state_.qpos(), k_.reset_noise_scale, rng);
    add_uniform(state_.qvel(), k_.reset_noise_scale, rng);
    state_.start();
  }

  EnvStep step(std::span<const float> action) {
    if (!state_.step(action)) return EnvStep::of_divergence();
    const bool fallen = std::abs(state_.qpos()[1]) > 0.2;
    return {fallen ? 0.0 : 1.0, fallen};
  }

  template <class Number>
  void observe(Number* obs) const {
    Observation out(obs);
    out.add(state_.qpos());
    out.add(state_.qvel());
  }

  void serialize(Archive& archive) { archive("physics", state_); }
  const MujocoState& state() const { return state_; }
  Scene scene() const { return state_.scene({.distance = 2.04}); }

 private:
  Kwargs k_;
  MujocoState state_;
};

}  // namespace slm
