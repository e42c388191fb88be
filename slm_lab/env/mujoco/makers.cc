#include "slm_lab/env/mujoco/makers.h"

namespace slm {

EnvMakers mujoco_makers(std::string_view) { return {}; }

}  // namespace slm
