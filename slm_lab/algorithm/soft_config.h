#pragma once

#include <string>
#include <variant>

#include "slm_lab/algorithm/exploration.h"
#include "slm_lab/algorithm/off_policy_loop.h"
#include "slm_lab/algorithm/plan.h"
#include "slm_lab/algorithm/temperature.h"

namespace slm {

/// The settings of soft actor-critic and of what differs from it in its critics alone.
struct SoftConfig {
  ActionConfig action;
  OffPolicyConfig loop;
  int policy_delay = 1;
  std::variant<std::string, double> target_entropy = "auto";  // or a number, in nats
  TemperatureConfig temperature;
};

SoftConfig read_soft_config(SpecReader& algorithm);
/// What does not fit the actions of the environment; problems and notes go to the keys of `agent.algorithm`.
void check_soft_config(const SoftConfig& config, const EnvInfo& info, AgentReader& agent);
/// The entropy that the temperature holds, in nats.
double target_entropy(const SoftConfig& config, const Space& action_space);

}  // namespace slm
