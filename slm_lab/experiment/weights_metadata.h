#pragma once

#include <string>

#include "slm_lab/algorithm/algorithm.h"
#include "slm_lab/experiment/lab_spec.h"
#include "slm_lab/store/weights.h"

namespace slm {

// What the files of weights, and of statistics, say of themselves: docs/data.md has the keys.

/// What a file must say to be taken for this net of this spec.
WeightsMetadata weights_identity(const LabSpec& spec, const std::string& net);
WeightsMetadata statistics_identity(const LabSpec& spec);

/// The same, and all that a program needs to use the arrays without the spec: what the net is made of and, of the one
/// that acts, how its outputs become an action of the environment.
WeightsMetadata weights_metadata(const LabSpec& spec, const NamedNet& net, ActionRange drawn_in);
WeightsMetadata statistics_metadata(const LabSpec& spec);

}  // namespace slm
