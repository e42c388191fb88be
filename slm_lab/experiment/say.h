#pragma once

#include <string>

namespace slm {

/// A line for the user on standard error. A terminal or pipe that has gone ends no run: nothing is thrown.
void say(const std::string& line);

}  // namespace slm
