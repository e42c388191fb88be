#pragma once

#include "slm_lab/env/mujoco/observation.h"
#include "slm_lab/env/mujoco/state.h"
#include "slm_lab/env/mujoco_kwargs.h"

namespace slm {

// What Humanoid and HumanoidStandup share: their body, and what they see of it.

template <class Number>
void observe_humanoid(const HumanoidObs& show, const MujocoState& state, Number* obs) {
  Observation out(obs);
  out.add(state.qpos().subspan(2 * show.exclude_current_positions));
  out.add(state.qvel());
  if (show.include_cinert) out.add(state.cinert().subspan(10));
  if (show.include_cvel) out.add(state.cvel().subspan(6));
  if (show.include_qfrc_actuator) out.add(state.qfrc_actuator().subspan(6));
  if (show.include_cfrc_ext) out.add(state.cfrc_ext().subspan(6));
}

inline std::shared_ptr<const MujocoModel> make_humanoid(const std::string& xml_file) {
  auto model = std::make_shared<const MujocoModel>(xml_file);
  model->require(model->sizes().nq >= 3 && model->sizes().nv >= 6, "expected a body that moves freely");
  return model;
}

}  // namespace slm
