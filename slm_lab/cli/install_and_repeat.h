#pragma once

#include <string>

namespace slm {

/// Becomes the launcher, which installs an optional part, builds, and repeats this command. Returns where there is no
/// launcher, or where it has done so for this part and to no avail.
void install_and_repeat(const std::string& part, char** argv);

}  // namespace slm
