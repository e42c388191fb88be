#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace slm {

/// --repo USER/NAME; SLM-Lab's variable of the environment is the default.
void add_repo_option(CLI::App& app, std::string& repo);

}  // namespace slm
