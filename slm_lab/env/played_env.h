#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "slm_lab/env/config.h"
#include "slm_lab/env/rollout_env.h"
#include "slm_lab/env/wrappers.h"

namespace slm {

/// The last step of a bare environment that a policy plays through wrappers.
struct BareStep {
  std::vector<double> action, obs;
  std::vector<double> fresh_obs;  ///< of the newest start: at the first reset, and after a step that ended an episode
  RolloutEnv::Step step{};
};

/// A bare environment of a spec and the wrappers through which its policy sees it, their statistics frozen; the first
/// reset uses `seed`. Throws as make_env(); `statistics` must outlive it.
class PlayedEnv {
 public:
  PlayedEnv(const EnvConfig& config, double gamma, EnvStatistics& statistics, std::uint64_t seed);
  PlayedEnv(const PlayedEnv&) = delete;
  PlayedEnv& operator=(const PlayedEnv&) = delete;

  RolloutEnv& bare() { return *bare_; }
  VecEnv& wrapped() { return *wrapped_; }  ///< of one row
  const BareStep& last() const { return last_; }

 private:
  BareStep last_;
  std::unique_ptr<RolloutEnv> bare_;
  std::unique_ptr<VecEnv> wrapped_;
};

}  // namespace slm
