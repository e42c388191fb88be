#include <fmt/format.h>

#include "slm_lab/base/build_info.h"
#include "slm_lab/cli/commands.h"
#include "slm_lab/net/kernel.h"
#include "slm_lab/store/manifest.h"

namespace slm {

std::function<int()> add_version(CLI::App&, const Invocation&) {
  return [] {
    fmt::print("slm-lab {} ({})\ncompiler {}, {}\nkernel   {}\n", version(), revision(), compiler(), build_type(),
               kernels().name);
    return 0;
  };
}

}  // namespace slm
