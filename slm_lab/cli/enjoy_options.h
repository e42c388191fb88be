#pragma once

#include <CLI/CLI.hpp>

#include "slm_lab/experiment/enjoy.h"

namespace slm {

/// What `enjoy DIR` and `run ... enjoy@DIR` have in common.
void add_enjoy_options(CLI::App& app, EnjoyOptions& options);

}  // namespace slm
