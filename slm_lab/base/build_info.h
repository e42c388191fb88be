#pragma once

#include <string>

namespace slm {

// What this program was built from and with. One file is compiled with these facts, so that a new version, a renamed
// clone or another build type compiles one file again.

std::string version();     ///< "0.2.0"
std::string source_dir();  ///< root of the clone that it was built from
std::string compiler();    ///< "GNU 12.2.0"
std::string build_type();  ///< "Release"
std::string
revision();  ///< git revision of the tree that was built, " (changed)" added when it was edited; "unknown" outside git
std::string program_text();  ///< "slm-lab 0.2.0 (0123456789ab)", for files and messages

}  // namespace slm
