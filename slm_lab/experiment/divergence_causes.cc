#include "slm_lab/experiment/divergence_causes.h"

#include <fmt/format.h>

#include <vector>

#include "slm_lab/spec/json.h"
#include "slm_lab/spec/spec_path.h"

namespace slm {
namespace {

bool is_set(const JsonNode& root, const std::string& path) {
  const JsonNode* node = find_at_path(root, path);
  return node && !node->is(JsonNode::Kind::null);
}

/// The common one only where it is not replaced by one for the actor and one for the critic.
std::vector<std::string> learning_rates(const JsonNode& root) {
  std::vector<std::string> keys;
  for (const char* net : {"actor_", "critic_"})
    if (const std::string spec = fmt::format("agent.net.{}optim_spec", net); is_set(root, spec))
      keys.push_back(spec + ".lr");
  if (keys.size() < 2) keys.insert(keys.begin(), "agent.net.optim_spec.lr");
  return keys;
}

}  // namespace

std::string divergence_causes(const JsonNode& root) {
  const std::vector<std::string> rates = learning_rates(root);
  const bool clips = is_set(root, "agent.net.clip_grad_val");
  return fmt::format(
      "Usual causes: {} too high ({}), {} (agent.net.clip_grad_val), or rewards of a large scale "
      "(env.normalize_reward, env.reward_scale)",
      rates.size() == 1 ? "a learning rate that is" : "learning rates that are", fmt::join(rates, ", "),
      clips ? "gradients that are clipped too late" : "no gradient clipping");
}

}  // namespace slm
