#pragma once

#include <filesystem>
#include <string>

namespace slm {

/// The program of this name in the folders of PATH, the first that may be run; empty: there is none.
std::filesystem::path find_program(const std::string& name);

}  // namespace slm
