#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "slm_lab/env/kwargs.h"

namespace slm {

class SpecReader;

/// The object "env" of a spec.
struct EnvConfig {
  std::string name;
  int num_envs = 1;
  std::int64_t max_frame = 0;
  bool normalize_obs = false;
  bool normalize_reward = false;
  std::optional<double> clip_obs;
  std::optional<double> clip_reward;
  std::optional<std::variant<double, std::string>> reward_scale;  ///< the string is "sign"
  std::optional<std::string> frame_op;                            ///< "concat" or "stack"
  int frame_op_len = 4;
  bool rescale_action = false;
  std::optional<double> fall_reward;  ///< what the learner sees of EnvEntry::fall_reward
  EnvKwargs kwargs;
};

/// Reads every key of the object, those of the chosen environment too, and calls done().
EnvConfig read_env_config(SpecReader& reader);

}  // namespace slm
