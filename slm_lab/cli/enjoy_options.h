#pragma once

#include <CLI/CLI.hpp>

#include "slm_lab/experiment/enjoy.h"

namespace slm {

/// What `enjoy DIR` and `run ... enjoy@DIR` have in common.
void add_enjoy_options(CLI::App& app, EnjoyOptions& options);

/// "--video" where the user gave one of them, for commands that also do something else; empty where none.
std::string given_enjoy_option(const CLI::App& app);

}  // namespace slm
