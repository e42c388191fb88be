#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "slm_lab/algorithm/algorithm.h"
#include "slm_lab/env/action_scale.h"
#include "slm_lab/env/played_env.h"
#include "slm_lab/experiment/played_run.h"

namespace slm {

/// Actions of a run's weights in the bare environment of its spec, whose first reset uses `seed`: what the
/// environment gives and takes, without the wrappers through which the policy sees it.
class PolicyPlayer {
 public:
  PolicyPlayer(const PlayedRun& run, std::uint64_t seed, ActMode mode = ActMode::greedy, Drawn drawn = Drawn::no);

  const RolloutEnv& env() { return env_.bare(); }
  /// Calls it when a step has ended an episode: env() is where that led, and afterwards where the next one starts.
  void at_end(std::function<void()> call) { env_.at_end(std::move(call)); }
  void reset(std::vector<double>& obs);  ///< at the start, and after a step that ended an episode
  RolloutEnv::Step step(std::vector<double>& action, std::vector<double>& obs);  ///< chooses and takes an action
  const RolloutEnv::Step& last_step() const { return env_.last().step; }

 private:
  EnvStatistics statistics_;
  PlayedEnv env_;
  std::unique_ptr<Algorithm> algorithm_;
  ActionScale scale_;
  ActMode mode_;
  Rng rng_;  // which greedy actions do not use
  bool started_ = false;
  Observations obs_;
  Matrix actions_;
  StepResult step_;
};

}  // namespace slm
