#pragma once

#include "slm_lab/base/archive.h"
#include "slm_lab/env/env_step.h"
#include "slm_lab/env/mujoco/numpy_sum.h"
#include "slm_lab/env/mujoco/observation.h"
#include "slm_lab/env/mujoco/state.h"
#include "slm_lab/env/mujoco_kwargs.h"

namespace slm {

/// Whether a figure can fall: `is_healthy(kwargs, state)` says while it has not.
template <class Figure>
inline constexpr bool kCanFall = requires(const typename Figure::Kwargs& k, const MujocoState& state) {
  Figure::is_healthy(k, state);
};

/// A figure is rewarded for the way that its first coordinate makes, and charged for the action. A `Figure` says what
/// its task has of its own: its options, the coordinates that it needs and those that the agent need not see, how its
/// velocities start and are shown, and whether it can fall.
template <class Figure>
class PlanarTask {
 public:
  using Kwargs = typename Figure::Kwargs;
  using Model = MujocoModel;
  static constexpr int kStepNanoseconds = Figure::kStepNanoseconds;
  static Space obs_space(const Kwargs& k) { return mujoco_spaces(k).obs; }
  static Space action_space(const Kwargs& k) { return mujoco_spaces(k).action; }
  static std::shared_ptr<const Model> make_model(const Kwargs& k) {
    auto model = std::make_shared<const Model>(k.xml_file);
    model->require(model->sizes().nq >= Figure::kLeastCoordinates, Figure::kExpected);
    return model;
  }

  PlanarTask(const Kwargs& kwargs, std::shared_ptr<const Model> model)
      : k_(kwargs), state_(std::move(model), kwargs.frame_skip, ContactForces::no) {}

  void reset(Rng& rng) {
    state_.reset();
    add_uniform(state_.qpos(), k_.reset_noise_scale, rng);
    Figure::kAddNoise(state_.qvel(), k_.reset_noise_scale, rng);
    state_.start();
  }

  EnvStep step(std::span<const float> action) {
    const double x = state_.qpos()[0];
    if (!state_.step(action)) return EnvStep::of_divergence();
    const double velocity = (state_.qpos()[0] - x) / state_.dt();
    double gain = k_.forward_reward_weight * velocity;
    bool ended = false;
    if constexpr (kCanFall<Figure>) {
      const bool healthy = Figure::is_healthy(k_, state_);
      gain += healthy ? k_.healthy_reward : 0;
      ended = !healthy && k_.terminate_when_unhealthy;
    }
    return state_.outcome(gain - action_cost(k_.ctrl_cost_weight, action), ended);
  }

  template <class Number>
  void observe(Number* obs) const {
    Observation out(obs);
    out.add(state_.qpos().subspan(Figure::kUnseen * k_.exclude_current_positions_from_observation));
    if constexpr (kCanFall<Figure>)
      out.add_clipped(state_.qvel(), -10, 10);
    else
      out.add(state_.qvel());
  }

  void serialize(Archive& archive) { archive("physics", state_); }
  const MujocoState& state() const { return state_; }
  Scene scene() const { return state_.scene(); }

 private:
  Kwargs k_;
  MujocoState state_;
};

}  // namespace slm
