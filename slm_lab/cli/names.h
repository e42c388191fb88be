#pragma once

#include <string>
#include <vector>

namespace slm {

std::vector<std::string> name_kinds();  ///< what `slm-lab names` can list: env, algorithm, ...

}  // namespace slm
