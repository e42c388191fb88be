#pragma once

#include <memory>
#include <vector>

#include "slm_lab/base/rng.h"
#include "slm_lab/net/config.h"
#include "slm_lab/net/mlp.h"
#include "slm_lab/net/net.h"

namespace slm {

/// A net with the heads side by side in its output, initialised from `init`. Throws Error(missing) for a type that is
/// not in this version, SpecError where the heads don't fit the type or out_layer_activation.
std::unique_ptr<Net> make_net(const NetConfig& config, int in_dim, const std::vector<Head>& heads, Rng& init);

}  // namespace slm
