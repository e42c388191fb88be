#pragma once

#include <algorithm>
#include <vector>

#include "slm_lab/base/error.h"
#include "slm_lab/env/played_env.h"

namespace slm {

/// A bare environment as the only row of a VecEnv, so that wrappers can stand around it; `last` keeps what passed.
class RolloutRow final : public VecEnv {
 public:
  RolloutRow(RolloutEnv& env, BareStep& last) : env_(env), last_(last) {}

  const EnvInfo& info() const override { return env_.info(); }

  void reset(Observations& obs) override {
    env_.reset(last_.fresh_obs);
    obs.resize(1, info().obs_space);
    write(last_.fresh_obs, obs);
    episode_length_ = 0;
    episode_return_ = 0;
  }

  void step(const Matrix& actions, StepResult& out) override {
    out.resize(1, info().obs_space);
    last_.action.assign(actions.data(), actions.data() + actions.size());
    last_.step = env_.step(last_.action, last_.obs);
    write(last_.obs, out.next_obs);
    out.rewards[0] = static_cast<float>(last_.step.reward);
    out.terminated[0] = last_.step.terminated;
    out.truncated[0] = last_.step.truncated;
    out.end_episodes();
    out.diverged[0] = last_.step.diverged;
    out.episode_return[0] = episode_return_ += last_.step.reward;
    out.episode_length[0] = ++episode_length_;
    if (!out.episode_over[0]) return write(last_.obs, out.obs);
    if (last_.at_end) last_.at_end();
    reset(out.obs);
  }

  void serialize(Archive&) override { ensure(false, "what is only looked at is not saved"); }

 private:
  static void write(const std::vector<double>& numbers, Observations& obs) {
    if (obs.are_bytes())
      std::copy(numbers.begin(), numbers.end(), obs.bytes().data());
    else
      std::copy(numbers.begin(), numbers.end(), obs.floats().data());
  }

  RolloutEnv& env_;
  BareStep& last_;
  int episode_length_ = 0;
  double episode_return_ = 0;
};

}  // namespace slm
