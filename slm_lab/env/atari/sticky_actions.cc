#include "slm_lab/env/atari/sticky_actions.h"

#include <sstream>
#include <string>

#include "slm_lab/base/archive.h"
#include "slm_lab/base/error.h"
#include "slm_lab/env/atari/ale_interface.h"

namespace slm {

void StickyActions::serialize(Archive& archive) {
  archive("in_force", in_force_);
  std::ostringstream out;
  out << generator_;
  std::string text = out.str();
  archive("generator", text);
  if (!archive.loading()) return;
  std::istringstream in(text);
  in >> generator_;
  if (in.fail() || in_force_ < 0 || in_force_ >= kSlmAleActions)
    throw Error(ExitCode::corrupt, "the sticky actions of an emulator");
}

}  // namespace slm
