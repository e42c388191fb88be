#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
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
  std::function<void()> at_end;  ///< called, if set, when a step has ended an episode and the next has not started yet
};

/// A bare environment of a spec and the wrappers through which its policy sees it, their statistics frozen; the first
/// reset uses `seed`. Throws as make_env(); `statistics` must outlive it.
class PlayedEnv {
 public:
  PlayedEnv(const EnvConfig& config, double gamma, EnvStatistics& statistics, std::uint64_t seed,
            Drawn drawn = Drawn::no);
  PlayedEnv(const PlayedEnv&) = delete;
  PlayedEnv& operator=(const PlayedEnv&) = delete;

  RolloutEnv& bare() { return *bare_; }
  VecEnv& wrapped() { return *wrapped_; }  ///< of one row
  const BareStep& last() const { return last_; }
  void at_end(std::function<void()> call) { last_.at_end = std::move(call); }  ///< BareStep::at_end

 private:
  BareStep last_;
  std::unique_ptr<RolloutEnv> bare_;
  std::unique_ptr<VecEnv> wrapped_;
};

}  // namespace slm
