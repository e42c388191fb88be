#include "slm_lab/algorithm/divergence.h"

#include <fmt/format.h>

#include "slm_lab/base/error.h"

namespace slm {

void throw_diverged(std::string_view algorithm, std::string_view quantity, double value) {
  throw Error(ExitCode::diverged, fmt::format("{}: the {} became {}", algorithm, quantity, value));
}

}  // namespace slm
