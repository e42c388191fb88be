#pragma once

#include <optional>
#include <string>
#include <vector>

#include "slm_lab/base/archive.h"
#include "slm_lab/env/vec_env.h"
#include "tests/support/double_net.h"
#include "tests/support/test_env.h"

namespace slm {

/// Random observations and rewards whatever is done, for updates that are worked out: an episode of row e ends at step
/// t where (t + 2 e) % 5 == 3 by termination and where (t + 2 e) % 7 == 4 by the clock (both may hold); the observation
/// it ends with is not the fresh one.
class NoiseEnv final : public VecEnv {
 public:
  NoiseEnv(int num_envs, int obs_dim, Space action_space, std::uint64_t seed = 11, double largest_reward = 2)
      : rng_(seed), largest_reward_(largest_reward) {
    info_.name = "Noise";
    const auto dim = static_cast<std::size_t>(obs_dim);
    info_.obs_space = Space::box(std::vector<float>(dim, -1), std::vector<float>(dim, 1));
    info_.action_space = std::move(action_space);
    info_.num_envs = num_envs;
    info_.max_episode_steps = 7;
  }

  const EnvInfo& info() const override { return info_; }
  void reset(Observations& obs) override {
    t_ = 0;
    draw(obs.floats());
  }
  void step(const Matrix&, StepResult& out) override {
    out.resize(info_.num_envs, info_.obs_space);
    draw(out.next_obs.floats());
    draw(out.obs.floats());
    for (int e = 0; e < info_.num_envs; ++e) {
      out.rewards[e] = static_cast<float>(rng_.uniform(-largest_reward_ / 2, largest_reward_));
      out.terminated[e] = (t_ + 2 * e) % 5 == 3;
      out.truncated[e] = (t_ + 2 * e) % 7 == 4;
    }
    out.end_episodes();
    for (int e = 0; e < info_.num_envs; ++e)
      if (!out.episode_over[e]) out.obs.floats().row(e) = out.next_obs.floats().row(e);
    ++t_;
  }
  void serialize(Archive& archive) override {
    archive("rng", rng_);
    archive("t", t_);
  }

 private:
  void draw(Matrix& obs) {
    obs.resize(info_.num_envs, info_.obs_space.size());
    for (Eigen::Index i = 0; i < obs.size(); ++i) obs.data()[i] = static_cast<float>(rng_.uniform(-1, 1));
  }

  EnvInfo info_;
  Rng rng_;
  double largest_reward_;
  std::int32_t t_ = 0;
};

/// What an agent has seen, in double: row t * num_envs + e.
struct Transitions {
  int num_envs = 1;
  std::vector<std::vector<double>> obs, actions, next_obs;
  std::vector<double> rewards;
  std::vector<bool> terminated, truncated;

  int size() const { return static_cast<int>(rewards.size()); }
  bool ended(int i) const { return terminated[at(i)] || truncated[at(i)]; }
  double reward(int i) const { return rewards[at(i)]; }
  /// 0 where the value of next_obs is 0.
  double goes_on(int i) const { return terminated[at(i)] ? 0 : 1; }
  void add(const Observations& o, const Matrix& a, const StepResult& step) {
    for (Eigen::Index e = 0; e < num_envs; ++e) {
      append_row(obs, o.floats(), e);
      append_row(actions, a, e);
      append_row(next_obs, step.next_obs.floats(), e);
      rewards.push_back(step.rewards[e]);
      terminated.push_back(step.terminated[e]);
      truncated.push_back(step.truncated[e]);
    }
  }
  void append(const Transitions& other) {
    const auto to_end = [](auto& to, const auto& from) { to.insert(to.end(), from.begin(), from.end()); };
    to_end(obs, other.obs);
    to_end(actions, other.actions);
    to_end(next_obs, other.next_obs);
    to_end(rewards, other.rewards);
    to_end(terminated, other.terminated);
    to_end(truncated, other.truncated);
  }
  void clear() {
    const int n = num_envs;
    *this = {};
    num_envs = n;
  }
  static std::size_t at(int i) { return static_cast<std::size_t>(i); }
  static void append_row(std::vector<std::vector<double>>& to, const Matrix& from, Eigen::Index row) {
    to.emplace_back(from.row(row).begin(), from.row(row).end());
  }
};

inline MatrixD matrix_of(const std::vector<std::vector<double>>& rows) {
  MatrixD m(rows.size(), rows.empty() ? 0 : rows[0].size());
  for (Eigen::Index i = 0; i < m.rows(); ++i)
    m.row(i) = Eigen::Map<const Eigen::RowVectorXd>(rows[static_cast<std::size_t>(i)].data(), m.cols());
  return m;
}
/// The rows of the given numbers.
inline MatrixD matrix_of(const std::vector<std::vector<double>>& rows, const std::vector<int>& numbers) {
  std::vector<std::vector<double>> chosen;
  for (const int i : numbers) chosen.push_back(rows[Transitions::at(i)]);
  return matrix_of(chosen);
}

/// A run that writes down what the agent sees.
struct RecordedRun {
  AgentRun run;
  Transitions seen;
  // As they stood before the last step:
  Rng act_rng = run.act_rng, update_rng = run.update_rng;
  std::int64_t frame = 0;  ///< of the update before: where every schedule stands

  RecordedRun(Algorithm& agent, VecEnv& env) : run(agent, env) { seen.num_envs = env.info().num_envs; }
  std::optional<TrainStats> one_step() {
    act_rng = run.act_rng;
    update_rng = run.update_rng;
    frame = run.frame;
    const Observations obs = run.obs;
    const auto stats = run.one_step();
    seen.add(obs, run.actions, run.step);
    return stats;
  }
  Net& net(const std::string& name) {
    for (const NamedNet& named : run.agent.nets())
      if (named.name == name) return *named.net;
    throw std::out_of_range("no net " + name);
  }
};

}  // namespace slm
