#pragma once

#include <cstdint>
#include <string>

#include "slm_lab/base/matrix.h"
#include "slm_lab/base/observations.h"
#include "slm_lab/base/space.h"
#include "slm_lab/env/scaling.h"

namespace slm {

class Archive;

/// The facts of an environment as the agent sees it (after wrappers).
struct EnvInfo {
  std::string name;  ///< Gymnasium id
  Space obs_space, action_space;
  int num_envs = 1;
  int max_episode_steps = 0;  ///< 0: no limit
  Scaling scaling = {};       ///< of StepResult::raw; without effect where nothing is normalised
  /// An observation is so many frames side by side, oldest first: each step brings one, the newest, and an episode
  /// starts with copies of its first. Where wrappers scale, this is said of StepResult::raw.
  int num_frames = 1;
  std::string model_sha256 = {};  ///< of a physics model of the user's own, which may change; empty: there is none
};

/// A step as it was before running statistics scaled it, for memories that keep rows for longer than the statistics
/// stand still. Empty where nothing is normalised (EnvInfo::scaling).
struct RawStep {
  Observations obs;       // (num_envs, obs_dim)  what was acted on
  Observations next_obs;  // (num_envs, obs_dim)
  Vector rewards;         // (num_envs)
};

/// What a step of every environment brings beside observations. What ends is told by four names, of which none follows
/// from another: a task that terminates under a player with lives left, a clock that runs out, a row that restarts, a
/// life lost.
struct StepOutcome {
  Vector rewards;     // (num_envs)  what the learner sees (wrappers may scale or clip)
  Mask terminated;    // (num_envs)  the task ended: the value of next_obs is 0
  Mask truncated;     // (num_envs)  the clock or the environment cut it: the value of next_obs counts
  Mask episode_over;  // (num_envs)  the row restarts, and its return is recorded
  Mask life_lost;     // (num_envs)  for learning alone the end of the task, as terminated; the episode goes on
  Mask diverged;      // (num_envs)  terminated because the physics gave no numbers any more: users should know
  // Of the episode that this step belongs to, so far, measured inside every wrapper:
  Eigen::VectorXd episode_return;  // (num_envs)  sum of raw rewards
  Eigen::VectorXi episode_length;  // (num_envs)  steps

  /// Whether nothing that comes after the step counts for it.
  bool is_last_reward(Eigen::Index row) const { return terminated[row] || life_lost[row]; }
  /// Whether what comes after the step belongs to another episode, or to another life.
  bool is_cut(Eigen::Index row) const { return episode_over[row] || life_lost[row]; }

  /// For environments that know no lives and no physics: an episode is over where it terminated or was truncated.
  void end_episodes() {
    episode_over = terminated || truncated;
    life_lost.setConstant(terminated.size(), false);
    diverged.setConstant(terminated.size(), false);
  }

  void resize(int num_envs) {
    if (rewards.size() == num_envs) return;  // all are of one size
    rewards.resize(num_envs);
    terminated.resize(num_envs);
    truncated.resize(num_envs);
    episode_over.resize(num_envs);
    life_lost.resize(num_envs);
    diverged.resize(num_envs);
    episode_return.resize(num_envs);
    episode_length.resize(num_envs);
  }
};

/// One step of every environment. Buffers are sized once by the caller's first step and reused.
struct StepResult : StepOutcome {
  Observations next_obs;  // (num_envs, obs_dim)  where the step led, also when the episode ended there
  Observations obs;       // (num_envs, obs_dim)  what to act on now: a fresh start where the episode ended
  RawStep raw;

  /// Of a wrapper that makes observations of its own: the rest is as `inner` has it.
  void take_outcome(const StepOutcome& inner) { static_cast<StepOutcome&>(*this) = inner; }

  /// Allocates only when a size changes.
  void resize(int num_envs, const Space& obs_space) {
    StepOutcome::resize(num_envs);
    next_obs.resize(num_envs, obs_space);
    obs.resize(num_envs, obs_space);
  }
};

/// Several copies of one environment stepped together; num_envs = 1 is no special case. Rows are independent: row i's
/// episodes depend only on its own random stream and its own actions.
class VecEnv {
 public:
  virtual ~VecEnv() = default;
  virtual const EnvInfo& info() const = 0;
  /// Starts a new episode in every row and writes the first observations into `obs` (num_envs, obs_dim).
  virtual void reset(Observations& obs) = 0;
  /// `actions` (num_envs, action_dim); a discrete action is its index as a float. Ended rows restart by themselves.
  virtual void step(const Matrix& actions, StepResult& out) = 0;
  /// Everything that the next step depends on.
  virtual void serialize(Archive& archive) = 0;
  /// What a user should know of a state that was restored; empty where it is exactly the one that was saved.
  virtual std::string remark() const { return ""; }
};

}  // namespace slm
