#pragma once

#include <cstdint>
#include <string>

#include "slm_lab/base/matrix.h"
#include "slm_lab/env/space.h"

namespace slm {

class Archive;

/// The facts of an environment as the agent sees it (after wrappers).
struct EnvInfo {
  std::string name;  ///< Gymnasium id
  Space obs_space, action_space;
  int num_envs = 1;
  int max_episode_steps = 0;  ///< 0: no limit
};

/// One step of every environment. Buffers are sized once by the caller's first step and reused.
struct StepResult {
  Matrix next_obs;  // (num_envs, obs_dim)  where the step led, also when the episode ended there
  Matrix obs;       // (num_envs, obs_dim)  what to act on now: a fresh start where the episode ended
  Vector rewards;   // (num_envs)           what the learner sees (wrappers may scale or clip)
  Mask terminated;  // (num_envs)           the task ended: the value of next_obs is 0
  Mask truncated;   // (num_envs)           the clock ended it: the value of next_obs counts
  // Of the episode that ended with this step (read only where terminated or truncated), measured inside every wrapper:
  Eigen::VectorXd episode_return;  // (num_envs)  sum of raw rewards
  Eigen::VectorXi episode_length;  // (num_envs)  steps

  Mask episode_end() const { return terminated || truncated; }
  bool episode_end(Eigen::Index row) const { return terminated[row] || truncated[row]; }

  /// Allocates only when a size changes.
  void resize(int num_envs, int obs_dim) {
    next_obs.resize(num_envs, obs_dim);
    obs.resize(num_envs, obs_dim);
    rewards.resize(num_envs);
    terminated.resize(num_envs);
    truncated.resize(num_envs);
    episode_return.resize(num_envs);
    episode_length.resize(num_envs);
  }
};

/// Several copies of one environment stepped together; num_envs = 1 is no special case. Rows are independent: row i's
/// episodes depend only on its own random stream and its own actions.
class VecEnv {
 public:
  virtual ~VecEnv() = default;
  virtual const EnvInfo& info() const = 0;
  /// Starts a new episode in every row and writes the first observations into `obs` (num_envs, obs_dim).
  virtual void reset(Matrix& obs) = 0;
  /// `actions` (num_envs, action_dim); a discrete action is its index as a float. Ended rows restart by themselves.
  virtual void step(const Matrix& actions, StepResult& out) = 0;
  /// Everything that the next step depends on.
  virtual void serialize(Archive& archive) = 0;
};

}  // namespace slm
