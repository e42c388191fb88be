#pragma once

// Environments and runs for tests only.

#include <algorithm>

#include "slm_lab/algorithm/algorithm.h"
#include "slm_lab/base/archive.h"
#include "slm_lab/base/error.h"

namespace slm {

/// The observation is a random class, one-hot; the reward is 1 for the action of that number. Episodes are truncated.
class OneHotEnv final : public VecEnv {
 public:
  OneHotEnv(int num_envs, int num_classes, int episode_length, std::uint64_t seed)
      : episode_length_(episode_length), rng_(seed) {
    info_.name = "OneHot";
    info_.obs_space = Space::box(std::vector<float>(static_cast<std::size_t>(num_classes), 0),
                                 std::vector<float>(static_cast<std::size_t>(num_classes), 1));
    info_.action_space = Space::discrete(num_classes);
    info_.num_envs = num_envs;
    info_.max_episode_steps = episode_length;
    classes_ = Eigen::VectorXi::Zero(num_envs);
  }

  const EnvInfo& info() const override { return info_; }
  void reset(Observations& obs) override {
    t_ = 0;
    draw(obs.floats());
  }
  void step(const Matrix& actions, StepResult& out) override {
    const int n = info_.num_envs;
    out.rewards.resize(n);
    out.terminated.setConstant(n, false);
    out.truncated.setConstant(n, ++t_ % episode_length_ == 0);
    out.end_episodes();
    for (int e = 0; e < n; ++e) out.rewards[e] = static_cast<int>(actions(e, 0)) == classes_[e] ? 1.0f : 0.0f;
    draw(out.next_obs.floats());
    out.obs = out.next_obs;
  }
  void serialize(Archive& archive) override {
    archive("rng", rng_);
    archive("t", t_);
    for (int e = 0; e < info_.num_envs; ++e) archive("class" + std::to_string(e), classes_[e]);
  }

 private:
  void draw(Matrix& obs) {
    const int num_classes = info_.action_space.n;
    obs.setZero(info_.num_envs, num_classes);
    for (int e = 0; e < info_.num_envs; ++e) {
      classes_[e] = static_cast<int>(rng_.integers(0, num_classes));
      obs(e, classes_[e]) = 1;
    }
  }

  EnvInfo info_;
  int episode_length_;
  Rng rng_;
  std::int32_t t_ = 0;
  Eigen::VectorXi classes_;
};

/// The observation x is uniform in [-1, 1]; the reward is -((action - (1 + 3 x)) / 3)^2 in each of its dimensions.
/// Actions are from [-2, 4], around 1 and three times as far as [-1, 1]: one that is scaled wrongly ends outside, which
/// is a failure, or misses.
class MatchEnv final : public VecEnv {
 public:
  MatchEnv(int num_envs, int dim, int episode_length, std::uint64_t seed)
      : episode_length_(episode_length), rng_(seed) {
    info_.name = "Match";
    const auto filled = [&](float value) { return std::vector<float>(static_cast<std::size_t>(dim), value); };
    info_.obs_space = Space::box(filled(-1), filled(1));
    info_.action_space = Space::box(filled(kLow), filled(kHigh));
    info_.num_envs = num_envs;
    info_.max_episode_steps = episode_length;
    obs_.resize(num_envs, dim);
  }

  const EnvInfo& info() const override { return info_; }
  void reset(Observations& obs) override {
    t_ = 0;
    draw();
    obs = obs_;
  }
  void step(const Matrix& actions, StepResult& out) override {
    const int n = info_.num_envs;
    out.terminated.setConstant(n, false);
    out.truncated.setConstant(n, ++t_ % episode_length_ == 0);
    out.end_episodes();
    ensure(actions.minCoeff() > kLow - 1e-5f && actions.maxCoeff() < kHigh + 1e-5f, "actions are within their bounds");
    lowest_ = std::min(lowest_, actions.minCoeff());
    highest_ = std::max(highest_, actions.maxCoeff());
    out.rewards = -((actions.array() - 1) / 3 - obs_.array()).square().rowwise().sum();
    draw();
    out.next_obs = obs_;
    out.obs = obs_;
  }
  void serialize(Archive& archive) override {
    archive("rng", rng_);
    archive("t", t_);
    archive("obs", obs_);
  }
  /// Of all actions so far.
  float lowest() const { return lowest_; }
  float highest() const { return highest_; }

 private:
  static constexpr float kLow = -2, kHigh = 4;

  void draw() {
    for (Eigen::Index i = 0; i < obs_.size(); ++i) obs_.data()[i] = static_cast<float>(rng_.uniform(-1, 1));
  }

  EnvInfo info_;
  int episode_length_;
  Rng rng_;
  std::int32_t t_ = 0;
  Matrix obs_;
  float lowest_ = kHigh, highest_ = kLow;
};

/// Calls of malloc and its kin so far in this program (allocation_counter_test.cc).
long allocations();

/// The state of a run between two steps.
struct AgentRun {
  Algorithm& agent;
  VecEnv& env;
  Rng act_rng{101}, update_rng{102};
  std::int64_t frame = 0;
  Observations obs = {};
  Matrix actions = {};
  ActionScale scale{agent.action_range(), env.info().action_space};
  StepResult step = {};

  AgentRun(Algorithm& a, VecEnv& e) : agent(a), env(e) { env.reset(obs); }
  std::optional<TrainStats> one_step() {
    agent.act(obs, ActMode::train, act_rng, actions);
    env.step(scale.to_env(actions), step);
    agent.observe(obs, actions, step);
    obs = step.obs;
    frame += env.info().num_envs;
    return agent.update(frame, update_rng);
  }
  void serialize(Archive& archive) {
    archive("agent", agent);
    archive("env", env);
    archive("act_rng", act_rng);
    archive("update_rng", update_rng);
    archive("frame", frame);
    obs.serialize("obs", archive);
  }
};

/// So many steps of every environment from a reset.
inline void run_agent(Algorithm& agent, VecEnv& env, int num_steps) {
  AgentRun run(agent, env);
  for (int t = 0; t < num_steps; ++t) run.one_step();
}

/// Mean reward per step of the greedy policy.
inline double greedy_reward(Algorithm& agent, VecEnv& env, int num_steps) {
  Observations obs;
  Matrix actions;
  StepResult step;
  Rng rng(1);
  ActionScale scale(agent.action_range(), env.info().action_space);
  env.reset(obs);
  double sum = 0;
  for (int t = 0; t < num_steps; ++t) {
    agent.act(obs, ActMode::greedy, rng, actions);
    env.step(scale.to_env(actions), step);
    sum += step.rewards.mean();
    obs = step.obs;
  }
  return sum / num_steps;
}

}  // namespace slm
