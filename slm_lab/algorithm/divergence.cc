#include "slm_lab/algorithm/divergence.h"

#include <fmt/format.h>

#include "slm_lab/base/error.h"

namespace slm {

void throw_diverged(std::string_view algorithm, std::string_view quantity, double value) {
  throw Error(ExitCode::diverged,
              fmt::format("{}: the {} became {}. Usual causes: a learning rate that is too high "
                          "(agent.net.optim_spec.lr), no gradient clipping (agent.net.clip_grad_val), or rewards of a "
                          "large scale (env.normalize_reward, env.reward_scale)",
                          algorithm, quantity, value));
}

}  // namespace slm
