#include "slm_lab/algorithm/policy_net.h"

#include <fmt/format.h>

#include <variant>

#include "slm_lab/algorithm/distribution.h"

namespace slm {

namespace {

/// Of the last hidden layer; 0 for a net that has none of its own kind to show.
int num_features(const NetConfig& config) {
  const auto* mlp = std::get_if<MlpConfig>(&config.type);
  return mlp && !mlp->hid_layers.empty() ? mlp->hid_layers.back() : 0;
}

// In the order of StateDependentNormal's outputs.
std::vector<Head> sde_heads(const Head& mean, const SdeConfig& sde, int features) {
  Head log_std{.width = features * mean.width, .state_independent = true};
  log_std.init_bias = static_cast<float>(sde.log_std_init);
  log_std.low = -20;
  log_std.high = static_cast<float>(StateDependentNormal::max_log_std(features));
  return {mean, log_std, {.width = features, .features = true}};
}

// What gSDE cannot do with the net.
void check_sde(const NetConfig& config, const SdeConfig& sde, SpecReader& net) {
  const auto key = [&](const char* name) {
    const std::string prefixed = "actor_" + std::string(name);
    return net.has(prefixed) ? prefixed : std::string(name);
  };
  const int features = num_features(config);
  if (features == 0) net.problem(key("type"), "agent.algorithm.sde needs the last hidden layer of an MLPNet");
  if (config.log_std_init)
    net.problem(key("log_std_init"), "agent.algorithm.sde has a log_std_init of its own; expected null");
  if (config.precision == "bf16")
    net.problem(key("precision"), "there is no bf16 for agent.algorithm.sde; expected float32, or auto");
  if (!config.out_layer_activation.empty())
    net.problem(key("out_layer_activation"), "agent.algorithm.sde takes the outputs as they are; expected null");
  if (features > 0 && sde.log_std_init > StateDependentNormal::max_log_std(features))
    net.problem(key("hid_layers"),
                fmt::format("too wide for the start of agent.algorithm.sde: with {} features log_std_init must be at "
                            "most 2 - log({}) / 2 = {:.4g}",
                            features, features, StateDependentNormal::max_log_std(features)));
}

}  // namespace

std::vector<Head> policy_heads(const NetConfig& config, const Space& action_space,
                               const std::optional<SdeConfig>& sde) {
  Head head{.width = action_space.is_discrete() ? action_space.n : action_space.size()};
  head.init_gain = config.actor_init_std;
  if (action_space.is_discrete()) return {head};
  if (sde) return sde_heads(head, *sde, num_features(config));
  Head log_std{.width = action_space.size()};
  if (config.log_std_init) {
    log_std.state_independent = true;
    log_std.init_bias = static_cast<float>(*config.log_std_init);
    log_std.low = Normal::kMinLogStd;
    log_std.high = Normal::kMaxLogStd;
  }
  return {head, log_std};
}

std::unique_ptr<Net> make_policy_net(const NetConfig& config, const EnvInfo& info, const Streams& streams,
                                     const std::optional<SdeConfig>& sde) {
  Rng init = streams.stream("init", 0);
  return make_net(config, info.obs_space, policy_heads(config, info.action_space, sde), init);
}

void check_net(const NetConfig& config, const Space& inputs, int num_heads, SpecReader& net,
               const std::string& prefix) {
  const auto report = [&](const std::string& key, const std::string& problem) {
    if (!problem.empty()) net.problem(net.has(prefix + key) ? prefix + key : key, problem);
  };
  report("type", observations_problem(config.type, inputs));
  report("type", heads_problem(config.type, num_heads));
  report("out_layer_activation", out_activation_problem(config, num_heads));
}

void check_policy_net(const NetConfig& config, const ActionConfig& action, const EnvInfo& info, SpecReader& net,
                      int more_heads) {
  const auto policy = static_cast<int>(policy_heads(config, info.action_space, action.sde).size());
  check_net(config, info.obs_space, policy + more_heads, net);
  if (action.sde && !info.action_space.is_discrete()) return check_sde(config, *action.sde, net);
  if (!config.log_std_init) return;
  const char* const key = net.has("actor_log_std_init") ? "actor_log_std_init" : "log_std_init";
  if (info.action_space.is_discrete())
    net.note(key, fmt::format("not used: the actions of {} are discrete and have no standard deviation", info.name));
  else if (action.action_pdtype == "Beta")
    net.problem(key, "action_pdtype Beta has no standard deviation to start from; expected null");
  else if (*config.log_std_init < Normal::kMinLogStd || *config.log_std_init > Normal::kMaxLogStd)
    net.problem(key, fmt::format("expected a number in [{}, {}], where log standard deviations are clamped",
                                 Normal::kMinLogStd, Normal::kMaxLogStd));
}

}  // namespace slm
