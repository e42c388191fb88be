#include "slm_lab/env/box2d/makers.h"

namespace slm {

EnvMakers lunar_lander_makers() { return {}; }
EnvMakers bipedal_walker_makers() { return {}; }

}  // namespace slm
