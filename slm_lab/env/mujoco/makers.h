#pragma once

#include <string_view>

#include "slm_lab/env/registry.h"

namespace slm {

/// What makes MuJoCo's environment of this Gymnasium id: defined by makers.cc where the part is installed, else by
/// missing.cc (cmake/parts.cmake).
EnvMakers mujoco_makers(std::string_view name);

}  // namespace slm
