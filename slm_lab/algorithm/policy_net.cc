#include "slm_lab/algorithm/policy_net.h"

namespace slm {

std::vector<Head> policy_heads(const NetConfig& config, const Space& action_space) {
  Head head{.width = action_space.is_discrete() ? action_space.n : action_space.size()};
  head.init_gain = config.actor_init_std;
  if (action_space.is_discrete()) return {head};
  Head log_std{.width = action_space.size()};
  if (config.log_std_init) {
    log_std.state_independent = true;
    log_std.init_bias = static_cast<float>(*config.log_std_init);
  }
  return {head, log_std};
}

std::unique_ptr<Net> make_policy_net(const NetConfig& config, const EnvInfo& info, const Streams& streams) {
  Rng init = streams.stream("init", 0);
  return make_net(config, info.obs_space.size(), policy_heads(config, info.action_space), init);
}

}  // namespace slm
