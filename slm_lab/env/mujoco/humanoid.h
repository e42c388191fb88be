#pragma once

#include "slm_lab/base/archive.h"
#include "slm_lab/env/env_step.h"
#include "slm_lab/env/mujoco/humanoid_body.h"
#include "slm_lab/env/mujoco/numpy_sum.h"

namespace slm {

/// Humanoid-v5: a figure of 17 joints that walks forward without falling (Tassa, Erez & Todorov 2012).
class Humanoid {
 public:
  using Kwargs = HumanoidKwargs;
  using Model = MujocoModel;
  static constexpr int kStepNanoseconds = 200'000;
  static Space obs_space(const Kwargs& k) { return mujoco_spaces(k).obs; }
  static Space action_space(const Kwargs& k) { return mujoco_spaces(k).action; }
  static std::shared_ptr<const Model> make_model(const Kwargs& k) { return make_humanoid(k.xml_file); }

  Humanoid(const Kwargs& kwargs, const std::shared_ptr<const Model>& model)
      : k_(kwargs), model_(model), state_(model, kwargs.frame_skip, ContactForces::yes) {}

  void reset(Rng& rng) {
    state_.reset();
    add_uniform(state_.qpos(), k_.reset_noise_scale, rng);
    add_uniform(state_.qvel(), k_.reset_noise_scale, rng);
    state_.start();
    x_ = centre_x();
  }

  EnvStep step(std::span<const float> action) {
    if (!state_.step(action)) return EnvStep::of_divergence();
    const double x = centre_x();
    const double velocity = (x - x_) / state_.dt();
    x_ = x;
    const bool healthy = k_.healthy_z_range.encloses(state_.qpos()[2]);
    const double gain = k_.forward_reward_weight * velocity + (healthy ? k_.healthy_reward : 0);
    const double contact_cost = k_.contact_cost_range.clip(k_.contact_cost_weight * sum_of_squares(state_.cfrc_ext()));
    const double cost = k_.ctrl_cost_weight * sum_of_squares(state_.ctrl()) + contact_cost;
    return state_.outcome(gain - cost, !healthy && k_.terminate_when_unhealthy);
  }

  template <class Number>
  void observe(Number* obs) const {
    observe_humanoid(k_.obs, state_, obs);
  }

  void serialize(Archive& archive) {
    archive("physics", state_);
    archive("x", x_);
  }
  const MujocoState& state() const { return state_; }
  Scene scene() const { return state_.scene(); }

 private:
  /// x of the centre of mass.
  double centre_x() const {
    const std::span<const double> mass = model_->body_mass(), xipos = state_.xipos();
    double moment = 0;
    for (std::size_t body = 0; body < mass.size(); ++body) moment += mass[body] * xipos[3 * body];
    return moment / numpy_sum<double>(0, mass.size(), [&](std::size_t body) { return mass[body]; });
  }

  Kwargs k_;
  std::shared_ptr<const Model> model_;
  MujocoState state_;
  double x_ = 0;  // of the centre of mass, where the next step finds it; it lags behind qpos
};

}  // namespace slm
