#pragma once

#include <string>
#include <vector>

#include "slm_lab/env/registry.h"

namespace slm {

/// What of a model the spaces of an environment depend on, and which it is.
struct MujocoSizes {
  int nq, nv, nbody;
  std::vector<float> ctrl_low, ctrl_high;  ///< per actuator
  std::string sha256 = {};                 ///< of a compiled model of the user's own; empty: one of Gymnasium's
};

// What agents of MuJoCo's environments see and do. Gymnasium's own models are known by heart, so that a spec can be
// checked where MuJoCo is not installed; for another one the model is read (mujoco/makers.h).
Spaces mujoco_spaces(const HopperKwargs& k);
Spaces mujoco_spaces(const HalfCheetahKwargs& k);
Spaces mujoco_spaces(const Walker2dKwargs& k);
Spaces mujoco_spaces(const AntKwargs& k);
Spaces mujoco_spaces(const SwimmerKwargs& k);
Spaces mujoco_spaces(const ReacherKwargs& k);
Spaces mujoco_spaces(const PusherKwargs& k);
Spaces mujoco_spaces(const InvertedPendulumKwargs& k);
Spaces mujoco_spaces(const InvertedDoublePendulumKwargs& k);
Spaces mujoco_spaces(const HumanoidKwargs& k);
Spaces mujoco_spaces(const HumanoidStandupKwargs& k);

}  // namespace slm
