#pragma once

#include <string>
#include <vector>

#include "slm_lab/base/error.h"
#include "slm_lab/env/rollout_env.h"

namespace slm {

/// The text with which an option of an environment, KEY=VALUE, is refused; empty where it is not.
inline std::string option_refusal(const std::string& env, const std::string& option) {
  try {
    make_rollout_env(env, std::vector{option}, 0);
  } catch (const SpecError& error) {
    return error.what();
  }
  return "";
}

}  // namespace slm
