#pragma once

#include <string>
#include <string_view>

#include "slm_lab/env/mujoco_spaces.h"
#include "slm_lab/env/registry.h"

namespace slm {

// What needs the library: defined by makers.cc where the part is installed, else by missing.cc (cmake/parts.cmake).

/// What makes MuJoCo's environment of this Gymnasium id.
EnvMakers mujoco_makers(std::string_view name);
/// Of a model that is not Gymnasium's own. Throws SpecError as MujocoModel, and MissingPart.
MujocoSizes mujoco_sizes(const std::string& xml_file);
/// Why the environment can't be made of its model, or nothing; it is not known where the part is missing.
std::string mujoco_problem(const EnvKwargs& kwargs);

}  // namespace slm
