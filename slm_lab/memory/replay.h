#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "slm_lab/env/vec_env.h"
#include "slm_lab/memory/row_sampler.h"
#include "slm_lab/memory/row_store.h"
#include "slm_lab/memory/stacked_frames.h"

namespace slm {

/// Transitions drawn from a replay, n = batch_size rows.
struct Batch {
  Draw draw;
  Observations obs;       // (n, obs_dim)
  Matrix actions;         // (n, action_dim)
  Vector rewards;         // (n)  discounted sum of the next num_steps rewards
  Observations next_obs;  // (n, obs_dim)  after them
  Vector discounts;       // (n)  factor of the value of next_obs: gamma^steps, 0 where the task ended on the way
};

/// A ring of the last `max_size` transitions of all environments. An observation is kept once: that after a transition
/// is the same environment's one step later, except where an episode ended (kept apart after the clock, and where the
/// config says so after the task) and in the newest step; where pixels come in stacks, each frame is kept once. Where
/// the environment's rows are scaled by running statistics (EnvInfo::scaling) they are kept raw, and scaled when they
/// are drawn, by the statistics as they stand then.
class Replay {
 public:
  Replay(const ReplayConfig& config, const EnvInfo& info);

  /// One transition of every environment.
  void add(const ObservationsView& obs, const Matrix& actions, const StepResult& step);
  std::int64_t size() const { return sampler_.size(); }
  std::int64_t num_added() const { return sampler_.num_added(); }

  /// Draws batch_size rows and gathers their transitions, rewards summed over up to `num_steps` steps. `beta`: exponent
  /// of the importance weights.
  void sample(Rng& rng, float gamma, int num_steps, double beta, Batch& batch);
  /// The exponent of the importance weights at `frame`.
  double beta(std::int64_t frame) const { return sampler_.config().beta(frame); }
  void update_priorities(const Draw& draw, const Eigen::Ref<const Vector>& td_errors) {
    sampler_.update_priorities(draw, td_errors);
  }

  void serialize(Archive& archive);

 private:
  // What follows a transition: one of these, or the row of final_obs_ where the clock ended the episode, or that row
  // below kTerminatedAt where the task ended. It lies among the numbers of its row, bit by bit.
  static constexpr std::int32_t kTerminatedAt = -3, kNextStep = -2, kTerminated = -1;
  /// The row of final_obs_; none where negative.
  static constexpr std::int32_t final_row(std::int32_t follows) {
    return follows <= kTerminatedAt ? kTerminatedAt - follows : follows;
  }

  std::int32_t follow_up(const StepResult& step, int env);
  std::int32_t keep_final(int env);
  std::int64_t one_step_later(std::int64_t row) const;
  /// How many rows were written after this one; fewer than num_envs: it belongs to the newest step.
  std::int64_t age(std::int64_t row) const { return (sampler_.num_added() - 1 - row) % capacity_; }
  std::int64_t step_in(std::int64_t row) const { return sampler_.num_added() - 1 - age(row); }
  void prefetch(std::int64_t row) const;
  void read_obs(std::int64_t row, std::byte* obs) const;
  void read_final_obs(std::int64_t row, std::int32_t final_row, std::byte* obs) const;
  void gather(std::int64_t row, float gamma, int num_steps, Eigen::Index i, Batch& batch) const;
  float reward_of(const float* extras) const { return scaling_.active() ? scaling_.reward(extras[0]) : extras[0]; }

  Space obs_space_;
  int num_envs_, action_dim_;
  std::int64_t capacity_;
  Scaling scaling_;
  RowSampler sampler_;
  std::optional<StackedFrames> frames_;  // where it pays; steps_ then has no observations, final_obs_ newest frames
  RowStore steps_;                       // obs; action, reward, what follows
  RowStore final_obs_;
  std::vector<std::int32_t> free_finals_;  // rows of final_obs_ whose transition was overwritten
  Observations newest_next_obs_;           // (num_envs, obs_dim)
};

/// The largest max_size that a replay of these settings may have, whatever memory there is.
std::int64_t largest_replay(const ReplayConfig& config, const EnvInfo& info);
/// Bytes that a full replay takes.
std::int64_t replay_bytes(const ReplayConfig& config, const EnvInfo& info);

}  // namespace slm
