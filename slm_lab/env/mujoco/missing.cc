#include "slm_lab/env/missing_part.h"
#include "slm_lab/env/mujoco/makers.h"

namespace slm {

EnvMakers mujoco_makers(std::string_view) { return {}; }

MujocoSizes mujoco_sizes(const std::string& xml_file) {
  throw MissingPart("a model of your own (xml_file " + xml_file + ") needs MuJoCo", "mujoco");
}

std::string mujoco_problem(const EnvKwargs&) { return ""; }

}  // namespace slm
