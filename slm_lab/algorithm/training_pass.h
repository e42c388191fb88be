#pragma once

#include "slm_lab/base/float_mode.h"
#include "slm_lab/base/profile.h"

namespace slm {

/// What every update of weights begins with, for as long as it lasts: its time is Phase::loss, but for the parts that
/// say otherwise, and denormals are 0.
class TrainingPass {
 private:
  PhaseTimer timer_{Phase::loss};
  FlushToZero fast_;
};

}  // namespace slm
