#pragma once

#include <algorithm>
#include <deque>
#include <vector>

#include "slm_lab/env/vec_env.h"

namespace slm {

/// For tests: a VecEnv that plays back what it is told and keeps the actions it received.
class ScriptedEnv final : public VecEnv {
 public:
  ScriptedEnv(int num_envs, Space obs_space, Space action_space) {
    info_.name = "Scripted-v0";
    info_.obs_space = std::move(obs_space);
    info_.action_space = std::move(action_space);
    info_.num_envs = num_envs;
  }

  Observations first_obs;
  std::deque<StepResult> steps;  ///< one is taken by each step
  Matrix actions;                ///< of the last step

  const EnvInfo& info() const override { return info_; }
  void reset(Observations& obs) override { obs = first_obs; }
  void step(const Matrix& given, StepResult& out) override {
    actions = given;
    out = steps.front();
    steps.pop_front();
  }
  void serialize(Archive&) override {}

  /// A step whose rows end where `terminated` or `truncated` says; obs is next_obs, and `fresh` in rows that end.
  void script(const Observations& next_obs, const Observations& fresh, const Vector& rewards, const Mask& terminated,
              const Mask& truncated) {
    StepResult step;
    step.resize(static_cast<int>(next_obs.rows()), info_.obs_space);
    step.next_obs = step.obs = next_obs;
    step.rewards = rewards;
    step.terminated = terminated;
    step.truncated = truncated;
    step.end_episodes();
    step.episode_return.setConstant(7);
    step.episode_length.setConstant(3);
    for (Eigen::Index i = 0; i < next_obs.rows(); ++i)
      if (step.episode_over[i]) std::copy_n(fresh.row_data(i), fresh.row_bytes(), step.obs.row_data(i));
    steps.push_back(std::move(step));
  }

 private:
  EnvInfo info_;
};

}  // namespace slm
