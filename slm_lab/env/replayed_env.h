#pragma once

#include <span>
#include <utility>
#include <vector>

#include "slm_lab/base/archive.h"
#include "slm_lab/base/error.h"
#include "slm_lab/env/env_step.h"
#include "slm_lab/env/registry.h"

namespace slm {

/// An environment whose state cannot be written down (a Box2D world hides the impulses and the order of its contacts):
/// it remembers how the generator stood at the reset and what was done since, and is restored by doing it again. The
/// generator itself is saved by whoever owns it.
template <class Physics, Spaces (*spaces)(const EnvKwargs&), int step_nanoseconds>
class ReplayedEnv {
 public:
  using Kwargs = typename Physics::Kwargs;
  static constexpr int kStepNanoseconds = step_nanoseconds;
  static constexpr bool kIsDiscrete = requires(Physics physics, int action, Rng& rng) { physics.step(action, rng); };
  static Space obs_space(const Kwargs& kwargs) { return spaces(kwargs).obs; }
  static Space action_space(const Kwargs& kwargs) { return spaces(kwargs).action; }

  explicit ReplayedEnv(const Kwargs& kwargs)
      : physics_(kwargs),
        action_dim_(static_cast<std::size_t>(action_space(kwargs).size())),
        num_actions_(action_space(kwargs).n) {}

  void reset(Rng& rng) {
    started_ = true;
    start_ = rng;
    actions_.clear();
    physics_.reset(rng);
  }

  EnvStep step(int action, Rng& rng) requires kIsDiscrete {
    actions_.push_back(static_cast<float>(action));
    return physics_.step(action, rng);
  }
  EnvStep step(std::span<const float> action, Rng& rng) requires(!kIsDiscrete) {
    actions_.insert(actions_.end(), action.begin(), action.end());
    return physics_.step(action, rng);
  }

  void observe(float* obs) const { physics_.observe(obs); }
  Scene scene() const requires CanBeDrawn<Physics> { return physics_.scene(); }

  void serialize(Archive& archive) {
    archive("started", started_);
    archive("start", start_);
    archive("actions", actions_);
    if (archive.loading() && started_) replay();
  }

 private:
  void replay() {
    if (actions_.size() % action_dim_ != 0) throw Error(ExitCode::corrupt, "half an action of an episode");
    Rng rng = start_;
    physics_.reset(rng);
    for (std::size_t at = 0; at < actions_.size(); at += action_dim_) {
      if constexpr (kIsDiscrete) {
        if (!(actions_[at] >= 0 && actions_[at] < static_cast<float>(num_actions_)))
          throw Error(ExitCode::corrupt, "an action of an episode that is none");
        physics_.step(static_cast<int>(actions_[at]), rng);
      } else {
        physics_.step(std::span<const float>(&actions_[at], action_dim_), rng);
      }
    }
  }

  Physics physics_;
  std::size_t action_dim_;
  int num_actions_;
  bool started_ = false;
  Rng start_{std::uint64_t{0}};  // as it was before the reset drew from it
  std::vector<float> actions_;   // of the episode, one after the other
};

}  // namespace slm
