#pragma once

#include "slm_lab/env/mujoco/planar_task.h"

namespace slm {

/// HalfCheetah-v5: a planar runner with two legs, which cannot fall for good (Wawrzynski 2009). It never terminates.
struct HalfCheetahFigure {
  using Kwargs = HalfCheetahKwargs;
  static constexpr int kStepNanoseconds = 25'000;
  static constexpr int kLeastCoordinates = 1;
  static constexpr std::string_view kExpected = "expected a coordinate x";
  static constexpr std::size_t kUnseen = 1;
  static constexpr auto kAddNoise = add_normal;
};
using HalfCheetah = PlanarTask<HalfCheetahFigure>;

}  // namespace slm
