#pragma once

#include "slm_lab/env/mujoco/planar_task.h"

namespace slm {

/// Swimmer-v5: three links in a thick liquid that swim forward (Coulom 2002). It never terminates.
struct SwimmerFigure {
  using Kwargs = SwimmerKwargs;
  static constexpr int kStepNanoseconds = 15'000;
  static constexpr int kLeastCoordinates = 2;
  static constexpr std::string_view kExpected = "expected two coordinates or more: x and y";
  static constexpr std::size_t kUnseen = 2;
  static constexpr auto kAddNoise = add_uniform;
};
using Swimmer = PlanarTask<SwimmerFigure>;

}  // namespace slm
