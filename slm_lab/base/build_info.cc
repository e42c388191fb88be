#include "slm_lab/base/build_info.h"

#include "slm_lab/base/revision.h"

namespace slm {

std::string version() { return SLM_VERSION; }
std::string source_dir() { return SLM_SOURCE_DIR; }
std::string compiler() { return SLM_COMPILER; }
std::string revision() { return SLM_REVISION; }
std::string program_text() { return "slm-lab " + version() + " (" + revision().substr(0, 12) + ")"; }
std::string build_type() { return SLM_BUILD_TYPE; }

}  // namespace slm
