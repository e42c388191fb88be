#pragma once

#include <limits>
#include <vector>

#include "slm_lab/env/registry.h"

namespace slm {

// What agents of environments see whose part may not be installed: enough to check their specs all the same. Sizes and
// bounds as Gymnasium 1.2 reports them.

template <int obs_dim, int action_dim, int bound_tenths>
Spaces old_mujoco_spaces(const EnvKwargs&) {
  constexpr float inf = std::numeric_limits<float>::infinity();
  constexpr float bound = bound_tenths / 10.0f;
  return {Space::box(std::vector<float>(obs_dim, -inf), std::vector<float>(obs_dim, inf)),
          Space::box(std::vector<float>(action_dim, -bound), std::vector<float>(action_dim, bound))};
}

Spaces lunar_lander_spaces(const EnvKwargs& kwargs);
Spaces bipedal_walker_spaces(const EnvKwargs& kwargs);
Spaces atari_spaces(const EnvKwargs& kwargs);

}  // namespace slm
