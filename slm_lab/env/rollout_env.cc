#include "slm_lab/env/rollout_env.h"

#include <fmt/format.h>

#include <cmath>

#include "slm_lab/base/error.h"

namespace slm {

void check_action(const EnvInfo& info, std::span<const double> action) {
  const auto refuse = [&](const std::string& what) {
    throw Error(ExitCode::usage, fmt::format("{}: {}", info.name, what));
  };
  const auto size = static_cast<std::size_t>(info.action_space.size());
  if (action.size() != size)
    refuse(fmt::format("an action has {} number{}, not {}", size, size == 1 ? "" : "s", action.size()));
  if (info.action_space.is_discrete()) {
    const int n = info.action_space.n;
    if (!(action[0] >= 0 && action[0] < n) || action[0] != std::floor(action[0]))
      refuse(fmt::format("action {}: expected an integer in [0, {}]", action[0], n - 1));
    return;
  }
  for (const double number : action)
    if (!std::isfinite(static_cast<float>(number))) refuse(fmt::format("action {}: expected a finite number", number));
}

}  // namespace slm
