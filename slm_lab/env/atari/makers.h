#pragma once

#include "slm_lab/env/registry.h"

namespace slm {

/// Nothing where ALE is not installed.
EnvMakers atari_makers();

}  // namespace slm
