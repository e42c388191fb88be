#pragma once

#include "slm_lab/base/profile.h"
#include "slm_lab/report/json_file.h"

namespace slm {

/// {"act": 1.25, ...}: every phase, in seconds.
Json phase_json(const PhaseSeconds& seconds);
/// Of an object without some phase, that is 0. Throws Json::exception for what is no such object.
PhaseSeconds read_phases(const Json& json);

}  // namespace slm
