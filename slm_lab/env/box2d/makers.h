#pragma once

#include "slm_lab/env/registry.h"

namespace slm {

// Box2D's environments: defined by makers.cc where the part is installed, else by missing.cc (cmake/parts.cmake).
EnvMakers lunar_lander_makers();
EnvMakers bipedal_walker_makers();

}  // namespace slm
