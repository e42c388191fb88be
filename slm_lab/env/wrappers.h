#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "slm_lab/env/running_moments.h"
#include "slm_lab/env/scaling.h"
#include "slm_lab/env/vec_env.h"

namespace slm {

/// Training updates the statistics of the normalising wrappers; evaluation only uses them.
enum class EnvUse { train, evaluate };

/// An environment around another; what a subclass does not change passes through. None touches episode_return and
/// episode_length: they are measured inside every wrapper.
class EnvWrapper : public VecEnv {
 public:
  explicit EnvWrapper(std::unique_ptr<VecEnv> inner) : inner_(std::move(inner)) {}
  const EnvInfo& info() const override { return inner_->info(); }
  void reset(Observations& obs) override { inner_->reset(obs); }
  void step(const Matrix& actions, StepResult& out) override { inner_->step(actions, out); }
  void serialize(Archive& archive) override { inner_->serialize(archive); }
  std::string remark() const override { return inner_->remark(); }

 protected:
  VecEnv& inner() { return *inner_; }

 private:
  std::unique_ptr<VecEnv> inner_;
};

/// Brings the actions of a Box into its bounds: Gymnasium's MuJoCo tasks charge for the action as given.
class ClipAction final : public EnvWrapper {
 public:
  explicit ClipAction(std::unique_ptr<VecEnv> inner);
  void step(const Matrix& actions, StepResult& out) override;

 private:
  Eigen::RowVectorXf low_, high_;  // (action_dim)
  Matrix clipped_;                 // (num_envs, action_dim)
};

/// Actions in [-1, 1] (clipped to that) become actions between the bounds of a Box.
class RescaleAction final : public EnvWrapper {
 public:
  explicit RescaleAction(std::unique_ptr<VecEnv> inner);
  const EnvInfo& info() const override { return info_; }
  void step(const Matrix& actions, StepResult& out) override;

 private:
  EnvInfo info_;
  Eigen::RowVectorXf low_, half_range_;  // (action_dim)
  Matrix scaled_;                        // (num_envs, action_dim)
};

/// Gives another reward to the step on which a figure falls: the one that ends the task with `fall`.
class FallReward final : public EnvWrapper {
 public:
  FallReward(std::unique_ptr<VecEnv> inner, double fall, double instead)
      : EnvWrapper(std::move(inner)), fall_(static_cast<float>(fall)), instead_(static_cast<float>(instead)) {}
  void step(const Matrix& actions, StepResult& out) override;

 private:
  float fall_, instead_;
};

/// Keeps each step as the environment inside gave it in StepResult::raw, and says in info() what the wrappers outside
/// will make of it.
class KeepRaw final : public EnvWrapper {
 public:
  KeepRaw(std::unique_ptr<VecEnv> inner, Scaling scaling);
  const EnvInfo& info() const override { return info_; }
  void reset(Observations& obs) override;
  void step(const Matrix& actions, StepResult& out) override;
  void serialize(Archive& archive) override;

 private:
  EnvInfo info_;
  Observations obs_;  // (num_envs, obs_dim)  to act on
};

/// The space of normalised observations: floats within +-clip, or unbounded.
Space normalized_space(Space obs_space, std::optional<double> clip);

/// (obs - mean) / sqrt(var + 1e-8) with the moments of every observation seen, as Gymnasium's NormalizeObservation.
///
/// Each observation counts once: a step adds next_obs of all rows and, where an episode ended, the fresh obs too (the
/// others' obs is their next_obs). Both outputs then use the same, updated moments. Observations are floats.
class NormalizeObs final : public EnvWrapper {
 public:
  NormalizeObs(std::unique_ptr<VecEnv> inner, RunningMoments& moments, EnvUse use, std::optional<double> clip);
  const EnvInfo& info() const override { return info_; }
  void reset(Observations& obs) override;
  void step(const Matrix& actions, StepResult& out) override;

 private:
  EnvInfo info_;
  RunningMoments& moments_;
  EnvUse use_;
  ObsScaling scaling_;
};

/// Divides rewards by the standard deviation of the discounted return G = gamma G + r of a running episode; the mean
/// stays. Gymnasium keeps G across a truncation, so that one episode's return leaks into the next; here it restarts at
/// every episode end, and the step that ends it still counts.
class NormalizeReward final : public EnvWrapper {
 public:
  NormalizeReward(std::unique_ptr<VecEnv> inner, RunningMoments& moments, double gamma, EnvUse use);
  void reset(Observations& obs) override;
  void step(const Matrix& actions, StepResult& out) override;
  void serialize(Archive& archive) override;

 private:
  RunningMoments& moments_;
  double gamma_;
  EnvUse use_;
  Eigen::VectorXd returns_;  // (num_envs)
};

class ScaleReward final : public EnvWrapper {
 public:
  ScaleReward(std::unique_ptr<VecEnv> inner, double scale)
      : EnvWrapper(std::move(inner)), scale_(static_cast<float>(scale)) {}
  void step(const Matrix& actions, StepResult& out) override;

 private:
  float scale_;
};

/// Leaves of a reward only -1, 0 or 1.
class SignReward final : public EnvWrapper {
 public:
  using EnvWrapper::EnvWrapper;
  void step(const Matrix& actions, StepResult& out) override;
};

class ClipReward final : public EnvWrapper {
 public:
  ClipReward(std::unique_ptr<VecEnv> inner, double bound)
      : EnvWrapper(std::move(inner)), bound_(static_cast<float>(bound)) {}
  void step(const Matrix& actions, StepResult& out) override;

 private:
  float bound_;
};

/// The last `num_frames` observations in one row, oldest first; an episode starts with copies of its first one.
/// `concat` makes the space (num_frames * d), `stack` makes it (num_frames, d...): the numbers are the same.
enum class FrameOp { concat, stack };
EnvInfo stacked_info(EnvInfo single, FrameOp op, int num_frames);

class FrameStack final : public EnvWrapper {
 public:
  FrameStack(std::unique_ptr<VecEnv> inner, FrameOp op, int num_frames);
  const EnvInfo& info() const override { return info_; }
  void reset(Observations& obs) override;
  void step(const Matrix& actions, StepResult& out) override;
  void serialize(Archive& archive) override;

 private:
  void fill(Eigen::Index row, const ObservationsView& obs);  // with copies of that row of obs

  EnvInfo info_;
  int num_frames_;
  Observations frames_;     // (num_envs, num_frames * dim)
  StepResult single_;       // of the inner environment
  Observations first_obs_;  // (num_envs, dim)
};

}  // namespace slm
