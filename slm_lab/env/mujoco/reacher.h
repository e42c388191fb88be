#pragma once

#include <array>
#include <cmath>

#include "slm_lab/base/archive.h"
#include "slm_lab/env/env_step.h"
#include "slm_lab/env/mujoco/distance.h"
#include "slm_lab/env/mujoco/numpy_sum.h"
#include "slm_lab/env/mujoco/observation.h"
#include "slm_lab/env/mujoco/state.h"
#include "slm_lab/env/mujoco_kwargs.h"

namespace slm {

/// Reacher-v5: an arm of two joints brings its tip to a goal in the plane. It never terminates.
class Reacher {
 public:
  using Kwargs = ReacherKwargs;
  using Model = MujocoModel;
  static constexpr int kStepNanoseconds = 8'000;
  static Space obs_space(const Kwargs& k) { return mujoco_spaces(k).obs; }
  static Space action_space(const Kwargs& k) { return mujoco_spaces(k).action; }
  static std::shared_ptr<const Model> make_model(const Kwargs& k) {
    auto model = std::make_shared<const Model>(k.xml_file);
    model->require(model->sizes().nq == 4 && model->sizes().nv == 4, "expected two joints, and x and y of the goal");
    model->body("fingertip");
    model->body("target");
    return model;
  }

  Reacher(const Kwargs& kwargs, const std::shared_ptr<const Model>& model)
      : k_(kwargs),
        fingertip_(model->body("fingertip")),
        target_(model->body("target")),
        state_(model, kwargs.frame_skip, ContactForces::no) {}

  void reset(Rng& rng) {
    state_.reset();
    add_uniform(state_.qpos(), 0.1, rng);
    std::array<double, 2> goal;
    do {
      goal = {};
      add_uniform(goal, 0.2, rng);
    } while (!(length(goal) < 0.2));
    std::ranges::copy(goal, state_.qpos().last<2>().begin());
    add_uniform(state_.qvel(), 0.005, rng);
    std::ranges::fill(state_.qvel().last<2>(), 0.0);
    state_.start();
  }

  EnvStep step(std::span<const float> action) {
    if (!state_.step(action)) return EnvStep::of_divergence();
    const double distance = length(difference(state_.xpos(fingertip_), state_.xpos(target_)));
    return state_.outcome(-distance * k_.reward_dist_weight - action_cost(k_.reward_control_weight, action), false);
  }

  template <class Number>
  void observe(Number* obs) const {
    const std::span<const double> qpos = state_.qpos();
    Observation out(obs);
    out.add(std::cos(qpos[0]));
    out.add(std::cos(qpos[1]));
    out.add(std::sin(qpos[0]));
    out.add(std::sin(qpos[1]));
    out.add(qpos.subspan<2>());
    out.add(state_.qvel().first<2>());
    const std::array<double, 3> to_target = difference(state_.xpos(fingertip_), state_.xpos(target_));
    out.add(std::span<const double>(to_target).first(2));
  }

  void serialize(Archive& archive) { archive("physics", state_); }
  const MujocoState& state() const { return state_; }
  Scene scene() const { return state_.scene(); }

 private:
  Kwargs k_;
  int fingertip_, target_;
  MujocoState state_;
};

}  // namespace slm
