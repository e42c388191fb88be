#pragma once

#include <algorithm>

#include "slm_lab/env/mujoco/planar_task.h"

namespace slm {

/// Hopper-v5: one leg that hops forward without falling (Erez, Tassa & Todorov 2011).
struct HopperFigure {
  using Kwargs = HopperKwargs;
  static constexpr int kStepNanoseconds = 40'000;
  static constexpr int kLeastCoordinates = 3;
  static constexpr std::string_view kExpected = "expected three coordinates or more: x, z and the lean";
  static constexpr std::size_t kUnseen = 1;
  static constexpr auto kAddNoise = add_uniform;
  static bool is_healthy(const Kwargs& k, const MujocoState& state) {
    const std::span<const double> qpos = state.qpos();
    const auto in_state_range = [&](double value) { return k.healthy_state_range.encloses(value); };
    return std::ranges::all_of(qpos.subspan(2), in_state_range) && std::ranges::all_of(state.qvel(), in_state_range) &&
           k.healthy_z_range.encloses(qpos[1]) && k.healthy_angle_range.encloses(qpos[2]);
  }
};
using Hopper = PlanarTask<HopperFigure>;

}  // namespace slm
