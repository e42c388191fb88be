#pragma once

#include <string_view>

#include "slm_lab/env/registry.h"

namespace slm {

// The row of the table for every environment of Gymnasium in Python.

EnvMakers gymnasium_makers();
Spaces gymnasium_spaces(const EnvKwargs& kwargs);
/// Asks Python for what `name` is ("gymnasium:ID"). Throws MissingPart where none has Gymnasium.
EnvKwargs read_gymnasium_kwargs(SpecReader& reader, std::string_view name);

}  // namespace slm
