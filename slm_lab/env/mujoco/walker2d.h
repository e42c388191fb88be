#pragma once

#include "slm_lab/env/mujoco/planar_task.h"

namespace slm {

/// Walker2d-v5: two legs that walk forward in a plane without falling.
struct Walker2dFigure {
  using Kwargs = Walker2dKwargs;
  static constexpr int kStepNanoseconds = 50'000;
  static constexpr int kLeastCoordinates = 3;
  static constexpr std::string_view kExpected = "expected three coordinates or more: x, z and the lean";
  static constexpr std::size_t kUnseen = 1;
  static constexpr auto kAddNoise = add_uniform;
  static bool is_healthy(const Kwargs& k, const MujocoState& state) {
    return k.healthy_z_range.encloses(state.qpos()[1]) && k.healthy_angle_range.encloses(state.qpos()[2]);
  }
};
using Walker2d = PlanarTask<Walker2dFigure>;

}  // namespace slm
