#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "slm_lab/algorithm/exploration.h"
#include "slm_lab/base/rng.h"
#include "slm_lab/env/vec_env.h"
#include "slm_lab/net/config.h"
#include "slm_lab/net/registry.h"

namespace slm {

/// The net's tails for a policy over `action_space`: logits, or means and log standard deviations (of Beta: raw alphas
/// and betas). `log_std_init` makes the latter free parameters that do not depend on the observation.
std::vector<Head> policy_heads(const NetConfig& config, const Space& action_space,
                               const std::optional<SdeConfig>& sde = {});
/// A net with those tails alone.
std::unique_ptr<Net> make_policy_net(const NetConfig& config, const EnvInfo& info, const Streams& streams,
                                     const std::optional<SdeConfig>& sde = {});

/// What make_net() would refuse is reported at its key: a net that cannot see `inputs`, or have so many heads. `prefix`
/// of its keys: actor_ or critic_, where they may have one.
void check_net(const NetConfig& config, const Space& inputs, int num_heads, SpecReader& net,
               const std::string& prefix = "actor_");
/// The same, and what does not fit the actions of the environment or their distribution. `more_heads`: beside those of
/// the policy.
void check_policy_net(const NetConfig& config, const ActionConfig& action, const EnvInfo& info, SpecReader& net,
                      int more_heads = 0);

}  // namespace slm
