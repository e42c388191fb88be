#include "slm_lab/algorithm/soft_config.h"

#include <fmt/format.h>

#include <cmath>
#include <numbers>

namespace slm {
namespace {

// The reference's 0.98 log(A) keeps a policy all but uniform once the temperature moves the right way; its later
// versions use 0.6 as well.
constexpr double kDiscreteEntropyShare = 0.6;

// Outside, the temperature would run to one of its bounds and stay there.
void check_target_entropy(const SoftConfig& config, const EnvInfo& info, SpecReader& algorithm) {
  const auto* target = std::get_if<double>(&config.target_entropy);
  if (!target) return;
  const Space& actions = info.action_space;
  const double most = actions.is_discrete() ? std::log(actions.n) : actions.size() * std::numbers::ln2;
  if (actions.is_discrete() && (*target < 0 || *target > most))
    algorithm.problem("target_entropy", fmt::format("out of reach: {} actions have between 0 and log({}) = {:.4g} nats",
                                                    actions.n, actions.n, most));
  if (!actions.is_discrete() && *target > most)
    algorithm.problem("target_entropy",
                      fmt::format("out of reach: {} actions in [-1, 1] have at most {} log(2) = {:.4g} nats",
                                  actions.size(), actions.size(), most));
}

}  // namespace

SoftConfig read_soft_config(SpecReader& reader) {
  SoftConfig c;
  c.action = read_action_config(reader);
  c.loop = read_off_policy_config(
      reader,
      {.until_start = "until then actions are drawn uniformly and nothing is trained; default: memory.batch_size",
       .requires_training_iter = false});
  reader.read("policy_delay", c.policy_delay, "critic updates per update of actor, temperature and targets",
              at_least(1));
  reader.read("target_entropy", c.target_entropy,
              "entropy that the temperature holds, in nats; auto: 0.6 log(number of actions), or minus the action "
              "dimensions");
  if (const auto* text = std::get_if<std::string>(&c.target_entropy); text && *text != "auto")
    reader.problem("target_entropy", "expected \"auto\" or a number");
  read_temperature_config(reader, c.temperature);
  if (c.temperature.fixed_alpha)
    for (const char* key : {"target_entropy", "alpha_lr", "log_alpha_min", "log_alpha_max"})
      reader.unused(key, "fixed_alpha keeps the temperature");
  return c;
}

void check_soft_config(const SoftConfig& config, const EnvInfo& info, AgentReader& agent) {
  check_action_config(config.action, info, /*needs_gradient=*/true, agent.algorithm);
  check_bounded_actions(info, agent.name, agent.algorithm);
  if (config.action.action_policy == "random")
    agent.algorithm.problem(
        "action_policy", fmt::format("{} draws from the policy that it learns; expected default (the algorithm Random "
                                     "draws uniformly, and training_start_step says until when this one does)",
                                     agent.name));
  if (config.action.action_pdtype == "Beta")
    agent.algorithm.problem(
        "action_pdtype",
        fmt::format("{} draws continuous actions from a Normal under tanh; expected default", agent.name));
  check_target_entropy(config, info, agent.algorithm);
}

double target_entropy(const SoftConfig& config, const Space& action_space) {
  if (const auto* number = std::get_if<double>(&config.target_entropy)) return *number;
  if (action_space.is_discrete()) return kDiscreteEntropyShare * std::log(action_space.n);
  return -action_space.size();
}

}  // namespace slm
