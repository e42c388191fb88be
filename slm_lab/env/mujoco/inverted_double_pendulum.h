#pragma once

#include <cmath>

#include "slm_lab/base/archive.h"
#include "slm_lab/env/env_step.h"
#include "slm_lab/env/mujoco/observation.h"
#include "slm_lab/env/mujoco/state.h"
#include "slm_lab/env/mujoco_kwargs.h"

namespace slm {

/// InvertedDoublePendulum-v5: two poles, one on the other, on a cart; their tip must stay high.
class InvertedDoublePendulum {
 public:
  using Kwargs = InvertedDoublePendulumKwargs;
  using Model = MujocoModel;
  static constexpr int kStepNanoseconds = 15'000;
  static Space obs_space(const Kwargs& k) { return mujoco_spaces(k).obs; }
  static Space action_space(const Kwargs& k) { return mujoco_spaces(k).action; }
  static std::shared_ptr<const Model> make_model(const Kwargs& k) {
    auto model = std::make_shared<const Model>(k.xml_file);
    model->require(model->sizes().nq == 3 && model->sizes().nv == 3,
                   "expected three joints: the cart's and the poles'");
    model->require(model->num_sites() > 0, "expected a site, the tip of the poles");
    return model;
  }

  InvertedDoublePendulum(const Kwargs& kwargs, std::shared_ptr<const Model> model)
      : k_(kwargs), state_(std::move(model), kwargs.frame_skip, ContactForces::no) {}

  void reset(Rng& rng) {
    state_.reset();
    add_uniform(state_.qpos(), k_.reset_noise_scale, rng);
    add_normal(state_.qvel(), k_.reset_noise_scale, rng);
    state_.start();
  }

  EnvStep step(std::span<const float> action) {
    if (!state_.step(action)) return EnvStep::of_divergence();
    const std::span<const double> tip = state_.site_xpos(0), qvel = state_.qvel();
    const double x = tip[0], y = tip[2];
    const bool fallen = y <= 1;
    const double distance_cost = 0.01 * (x * x) + (y - 2) * (y - 2);
    const double velocity_cost = 1e-3 * (qvel[1] * qvel[1]) + 5e-3 * (qvel[2] * qvel[2]);
    return state_.outcome((fallen ? 0 : k_.healthy_reward) - distance_cost - velocity_cost, fallen);
  }

  template <class Number>
  void observe(Number* obs) const {
    const std::span<const double> qpos = state_.qpos();
    Observation out(obs);
    out.add(qpos[0]);
    for (const double angle : qpos.subspan(1)) out.add(std::sin(angle));
    for (const double angle : qpos.subspan(1)) out.add(std::cos(angle));
    out.add_clipped(state_.qvel(), -10, 10);
    out.add_clipped(state_.qfrc_constraint().first(1), -10, 10);
  }

  void serialize(Archive& archive) { archive("physics", state_); }
  const MujocoState& state() const { return state_; }
  Scene scene() const { return state_.scene({.distance = 4.1225, .lookat = {{0, 0, 0.1225}}}); }

 private:
  Kwargs k_;
  MujocoState state_;
};

}  // namespace slm
