#pragma once

#include <array>

#include "slm_lab/base/archive.h"
#include "slm_lab/env/env_step.h"
#include "slm_lab/env/mujoco/distance.h"
#include "slm_lab/env/mujoco/numpy_sum.h"
#include "slm_lab/env/mujoco/observation.h"
#include "slm_lab/env/mujoco/state.h"
#include "slm_lab/env/mujoco_kwargs.h"

namespace slm {

/// Pusher-v5: an arm of seven joints pushes a cylinder to a goal on the table. It never terminates.
class Pusher {
 public:
  using Kwargs = PusherKwargs;
  using Model = MujocoModel;
  static constexpr int kStepNanoseconds = 40'000;
  static Space obs_space(const Kwargs& k) { return mujoco_spaces(k).obs; }
  static Space action_space(const Kwargs& k) { return mujoco_spaces(k).action; }
  static std::shared_ptr<const Model> make_model(const Kwargs& k) {
    auto model = std::make_shared<const Model>(k.xml_file);
    model->require(model->sizes().nq == 11 && model->sizes().nv == 11,
                   "expected seven joints, and x and y of the object and of the goal");
    for (const char* body : {"tips_arm", "object", "goal"}) model->body(body);
    return model;
  }

  Pusher(const Kwargs& kwargs, const std::shared_ptr<const Model>& model)
      : k_(kwargs),
        tip_(model->body("tips_arm")),
        object_(model->body("object")),
        goal_(model->body("goal")),
        state_(model, kwargs.frame_skip, ContactForces::no) {}

  /// The arm starts in its own pose: only velocities have noise.
  void reset(Rng& rng) {
    state_.reset();
    std::array<double, 2> object;
    do {
      object = {rng.uniform(-0.3, 0), rng.uniform(-0.2, 0.2)};
    } while (!(length(object) > 0.17));
    const std::span<double> qpos = state_.qpos(), qvel = state_.qvel();
    std::ranges::copy(object, qpos.last<4>().begin());
    std::ranges::fill(qpos.last<2>(), 0.0);
    add_uniform(qvel, 0.005, rng);
    std::ranges::fill(qvel.last<4>(), 0.0);
    state_.start();
  }

  EnvStep step(std::span<const float> action) {
    if (!state_.step(action)) return EnvStep::of_divergence();
    const double near = -length(difference(state_.xpos(object_), state_.xpos(tip_))) * k_.reward_near_weight;
    const double dist = -length(difference(state_.xpos(object_), state_.xpos(goal_))) * k_.reward_dist_weight;
    return state_.outcome(dist - action_cost(k_.reward_control_weight, action) + near, false);
  }

  template <class Number>
  void observe(Number* obs) const {
    Observation out(obs);
    out.add(state_.qpos().first<7>());
    out.add(state_.qvel().first<7>());
    for (const int body : {tip_, object_, goal_}) out.add(state_.xpos(body));
  }

  void serialize(Archive& archive) { archive("physics", state_); }
  const MujocoState& state() const { return state_; }
  Scene scene() const { return state_.scene({.distance = 4.0}); }

 private:
  Kwargs k_;
  int tip_, object_, goal_;
  MujocoState state_;
};

}  // namespace slm
