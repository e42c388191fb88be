#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "slm_lab/base/matrix.h"
#include "slm_lab/env/vec_env.h"
#include "slm_lab/memory/observation_list.h"

namespace slm {

class Archive;

using MatrixView = Eigen::Map<const Matrix>;
using VectorView = Eigen::Map<const Vector>;

/// The steps since the last update, time-major: row t * num_envs + env. The observation after a row is the row one step
/// later, except where the clock ended the episode or the rollout ends: those few are kept in final_obs(), so that a
/// critic is evaluated once on every observation and on nothing else.
class Rollout {
 public:
  Rollout(int num_envs, const Space& obs_space, int action_dim)
      : num_envs_(num_envs), action_dim_(action_dim), obs_(obs_space), final_obs_(obs_space) {}

  /// Room for so many steps and final observations; adding within it allocates nothing.
  void reserve(std::int64_t num_steps, std::int64_t num_finals);
  /// One step of every environment. `is_last`: no step follows before clear().
  void add(const ObservationsView& obs, const Matrix& actions, const StepResult& step, bool is_last);
  void clear();
  /// Keeps the given rows and drops the others; they must be whole episodes (one environment), in order.
  void keep(std::span<const std::int32_t> rows);

  std::int64_t size() const { return static_cast<std::int64_t>(rewards_.size()); }  ///< rows
  std::int64_t num_steps() const { return size() / num_envs_; }
  int num_envs() const { return num_envs_; }

  ObservationsView obs() const { return obs_.view(); }                           // (size, obs_dim)
  MatrixView actions() const { return {actions_.data(), size(), action_dim_}; }  // (size, action_dim)
  MatrixView rewards() const { return by_step(rewards_); }                       // (num_steps, num_envs)
  MatrixView not_terminated() const { return by_step(not_terminated_); }         // 1: the next value counts
  MatrixView not_ended() const { return by_step(not_ended_); }      // 1: the episode goes on in the next row
  ObservationsView final_obs() const { return final_obs_.view(); }  // (num_finals, obs_dim)

  /// The value of the observation after each row, from the values of obs() and of final_obs(). Where the task ended it
  /// is a number without meaning, to be multiplied by not_terminated(). `next_values` (num_steps, num_envs).
  void next_values(const Vector& values, const Vector& final_values, MatrixRef next_values) const;

  void serialize(Archive& archive);

 private:
  MatrixView by_step(const std::vector<float>& v) const { return {v.data(), num_steps(), num_envs_}; }

  int num_envs_, action_dim_;
  ObservationList obs_, final_obs_;
  std::vector<float> actions_, rewards_, not_terminated_, not_ended_;
  std::vector<std::int32_t> next_;  // row of the next observation; -1 - k: row k of final_obs
};

/// Decides when a rollout is complete.
class OnPolicyMemory {
 public:
  virtual ~OnPolicyMemory() = default;
  /// One step of every environment; not to be called when ready().
  virtual void add(const ObservationsView& obs, const Matrix& actions, const StepResult& step) = 0;
  virtual bool ready() const = 0;  ///< time to train on rollout(), then clear()
  virtual const Rollout& rollout() const = 0;
  virtual void clear() = 0;
  virtual void serialize(Archive& archive) = 0;
};

/// Complete after `num_steps` steps of every environment, wherever the episodes stand.
class OnPolicyBatchReplay final : public OnPolicyMemory {
 public:
  OnPolicyBatchReplay(int num_steps, const EnvInfo& info);
  void add(const ObservationsView& obs, const Matrix& actions, const StepResult& step) override;
  bool ready() const override { return rollout_.num_steps() == num_steps_; }
  const Rollout& rollout() const override { return rollout_; }
  void clear() override { rollout_.clear(); }
  void serialize(Archive& archive) override { rollout_.serialize(archive); }

 private:
  int num_steps_;
  Rollout rollout_;
};

}  // namespace slm
