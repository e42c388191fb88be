#pragma once

#include <memory>
#include <vector>

#include "slm_lab/base/rng.h"
#include "slm_lab/base/space.h"
#include "slm_lab/net/config.h"
#include "slm_lab/net/mlp.h"
#include "slm_lab/net/net.h"

namespace slm {

/// A net of `observations` with the heads side by side in its output, initialised from `init`. Throws Error(missing)
/// for a type that is not in this version, SpecError where observations or heads don't fit the type, or the heads
/// out_layer_activation.
std::unique_ptr<Net> make_net(const NetConfig& config, const Space& observations, const std::vector<Head>& heads,
                              Rng& init);

}  // namespace slm
