#include "slm_lab/algorithm/policy_net.h"

#include <fmt/format.h>

#include "slm_lab/algorithm/distribution.h"

namespace slm {

std::vector<Head> policy_heads(const NetConfig& config, const Space& action_space) {
  Head head{.width = action_space.is_discrete() ? action_space.n : action_space.size()};
  head.init_gain = config.actor_init_std;
  if (action_space.is_discrete()) return {head};
  Head log_std{.width = action_space.size()};
  if (config.log_std_init) {
    log_std.state_independent = true;
    log_std.init_bias = static_cast<float>(*config.log_std_init);
    log_std.low = Normal::kMinLogStd;
    log_std.high = Normal::kMaxLogStd;
  }
  return {head, log_std};
}

std::unique_ptr<Net> make_policy_net(const NetConfig& config, const EnvInfo& info, const Streams& streams) {
  Rng init = streams.stream("init", 0);
  return make_net(config, info.obs_space, policy_heads(config, info.action_space), init);
}

void check_net(const NetConfig& config, const EnvInfo& info, SpecReader& net, const std::string& prefix) {
  const std::string problem = observations_problem(config.type, info.obs_space);
  if (!problem.empty()) net.problem(net.has(prefix + "type") ? prefix + "type" : "type", problem);
}

void check_policy_net(const NetConfig& config, const std::string& action_pdtype, const EnvInfo& info, SpecReader& net) {
  check_net(config, info, net);
  if (!config.log_std_init) return;
  const char* const key = net.has("actor_log_std_init") ? "actor_log_std_init" : "log_std_init";
  if (info.action_space.is_discrete())
    net.note(key, fmt::format("not used: the actions of {} are discrete and have no standard deviation", info.name));
  else if (action_pdtype == "Beta")
    net.problem(key, "action_pdtype Beta has no standard deviation to start from; expected null");
  else if (*config.log_std_init < Normal::kMinLogStd || *config.log_std_init > Normal::kMaxLogStd)
    net.problem(key, fmt::format("expected a number in [{}, {}], where log standard deviations are clamped",
                                 Normal::kMinLogStd, Normal::kMaxLogStd));
}

}  // namespace slm
