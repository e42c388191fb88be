#include "slm_lab/experiment/say.h"

#include <cstdio>

namespace slm {

void say(const std::string& line) { std::fputs((line + "\n").c_str(), stderr); }

}  // namespace slm
