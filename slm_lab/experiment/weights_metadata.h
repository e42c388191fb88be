#pragma once

#include <string>

#include "slm_lab/algorithm/algorithm.h"
#include "slm_lab/experiment/lab_spec.h"
#include "slm_lab/store/weights.h"

namespace slm {

/// Which model of the user's own they were trained in (EnvInfo::model_sha256).
inline constexpr const char* kModelSha256 = "model_sha256";

/// What a file of weights must say to be taken for one of this spec.
WeightsMetadata weights_identity(const LabSpec& spec);

/// The same, and all that a program needs to use the arrays without the spec (docs/data.md has the keys): what the nets
/// are made of, how the outputs of the one that acts become an action of the environment, how observations are
/// normalised. What is said of another net begins with its name.
WeightsMetadata weights_metadata(const LabSpec& spec, Algorithm& algorithm);

/// What stands before the names of a net's arrays and metadata: nothing for the one that acts.
std::string weights_prefix(const std::string& net);

}  // namespace slm
