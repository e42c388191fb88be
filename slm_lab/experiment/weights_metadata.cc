#include "slm_lab/experiment/weights_metadata.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "slm_lab/env/registry.h"

namespace slm {
namespace {

/// The environment itself, before any wrapper that changes its actions.
EnvInfo raw_env(const LabSpec& spec) {
  EnvConfig raw = spec.env;
  raw.rescale_action = false;
  return env_info(raw, 1);
}

void describe_action(const LabSpec& spec, const Space& space, ModeAction mode, WeightsMetadata& metadata) {
  if (space.is_discrete()) {
    metadata["action"] = "argmax";
    return;
  }
  metadata["action"] = mode == ModeAction::tanh        ? "tanh"
                       : mode == ModeAction::beta_mean ? "beta"
                       : spec.env.rescale_action       ? "clip to [-1, 1]"
                                                       : "clip";
  metadata["action_low"] = fmt::format("[{}]", fmt::join(space.low, ", "));
  metadata["action_high"] = fmt::format("[{}]", fmt::join(space.high, ", "));
}

}  // namespace

WeightsMetadata weights_identity(const LabSpec& spec) {
  return {{"algorithm", spec.agent.algorithm_name}, {"env", spec.env.name}};
}

std::string weights_prefix(const std::string& net) { return net == "net" ? "" : net + "."; }

WeightsMetadata weights_metadata(const LabSpec& spec, Algorithm& algorithm) {
  WeightsMetadata metadata = weights_identity(spec);
  for (const NamedNet& named : algorithm.nets())
    for (const auto& [key, value] : named.net->description()) metadata[weights_prefix(named.name) + key] = value;
  const EnvInfo env = raw_env(spec);
  describe_action(spec, env.action_space, algorithm.mode_action(), metadata);
  if (!env.model_sha256.empty()) metadata[kModelSha256] = env.model_sha256;
  if (const WeightsMetadata head = algorithm.head_description(); !head.empty()) {
    metadata.insert(head.begin(), head.end());
    metadata["action"] = "argmax of means";
  }
  metadata["normalize_obs"] = spec.env.normalize_obs ? "true" : "false";
  if (spec.env.normalize_obs) metadata["normalised"] = "(x - mean) / sqrt(var + 1e-8)";
  if (spec.env.frame_op) {
    metadata["frame_op"] = *spec.env.frame_op;
    metadata["frame_op_len"] = fmt::format("{}", spec.env.frame_op_len);
  }
  if (spec.env.clip_obs) metadata["clip_obs"] = fmt::format("{}", *spec.env.clip_obs);
  return metadata;
}

}  // namespace slm
