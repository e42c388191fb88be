#include "slm_lab/env/wrappers.h"

#include <algorithm>
#include <limits>

#include "slm_lab/base/archive.h"
#include "slm_lab/base/error.h"

namespace slm {
namespace {

Eigen::RowVectorXf as_row(const std::vector<float>& values) {
  return Eigen::Map<const Eigen::RowVectorXf>(values.data(), static_cast<Eigen::Index>(values.size()));
}

}  // namespace

ClipAction::ClipAction(std::unique_ptr<VecEnv> inner) : EnvWrapper(std::move(inner)) {
  const Space& space = info().action_space;
  ensure(!space.is_discrete(), "only the actions of a Box are clipped");
  low_ = as_row(space.low);
  high_ = as_row(space.high);
}

void ClipAction::step(const Matrix& actions, StepResult& out) {
  clipped_.resize(actions.rows(), actions.cols());
  for (Eigen::Index i = 0; i < actions.rows(); ++i) clipped_.row(i) = actions.row(i).cwiseMax(low_).cwiseMin(high_);
  inner().step(clipped_, out);
}

RescaleAction::RescaleAction(std::unique_ptr<VecEnv> inner) : EnvWrapper(std::move(inner)), info_(EnvWrapper::info()) {
  Space& space = info_.action_space;
  ensure(!space.is_discrete(), "only the actions of a Box are rescaled");
  low_ = as_row(space.low);
  half_range_ = (as_row(space.high) - low_) / 2;
  ensure(low_.allFinite() && half_range_.allFinite(), "an action space to rescale is bounded");
  space.low.assign(space.low.size(), -1);
  space.high.assign(space.high.size(), 1);
}

void RescaleAction::step(const Matrix& actions, StepResult& out) {
  scaled_.resize(actions.rows(), actions.cols());
  for (Eigen::Index i = 0; i < actions.rows(); ++i)
    scaled_.row(i).array() = low_.array() + (actions.row(i).array().max(-1.0f).min(1.0f) + 1.0f) * half_range_.array();
  inner().step(scaled_, out);
}

void FallReward::step(const Matrix& actions, StepResult& out) {
  EnvWrapper::step(actions, out);
  out.rewards = (out.terminated && out.rewards.array() == fall_).select(instead_, out.rewards);
}

Space normalized_space(Space obs_space, std::optional<double> clip) {
  const auto bound = static_cast<float>(clip.value_or(std::numeric_limits<double>::infinity()));
  obs_space.low.assign(obs_space.low.size(), -bound);
  obs_space.high.assign(obs_space.high.size(), bound);
  obs_space.of_bytes = false;
  return obs_space;
}

KeepRaw::KeepRaw(std::unique_ptr<VecEnv> inner, Scaling scaling)
    : EnvWrapper(std::move(inner)), info_(EnvWrapper::info()) {
  info_.scaling = std::move(scaling);
}

void KeepRaw::reset(Observations& obs) {
  EnvWrapper::reset(obs);
  obs_ = obs;
}

void KeepRaw::step(const Matrix& actions, StepResult& out) {
  EnvWrapper::step(actions, out);
  out.raw.obs = obs_;
  out.raw.next_obs = out.next_obs;
  out.raw.rewards = out.rewards;
  obs_ = out.obs;
}

void KeepRaw::serialize(Archive& archive) {
  EnvWrapper::serialize(archive);
  obs_.serialize("raw_obs", archive);
}

NormalizeObs::NormalizeObs(std::unique_ptr<VecEnv> inner, RunningMoments& moments, EnvUse use,
                           std::optional<double> clip)
    : EnvWrapper(std::move(inner)), info_(EnvWrapper::info()), moments_(moments), use_(use), scaling_(moments, clip) {
  ensure(!info_.obs_space.of_bytes, "bytes are not normalised: nets scale them");
  info_.obs_space = normalized_space(std::move(info_.obs_space), clip);
  const int dim = info().obs_space.size();
  if (moments_.dim() == 0) moments_ = RunningMoments(dim);
  ensure(moments_.dim() == dim, "the statistics are of this environment's observations");
}

void NormalizeObs::reset(Observations& obs) {
  EnvWrapper::reset(obs);
  if (use_ == EnvUse::train) moments_.update(obs.floats());
  scaling_.refresh();
  scaling_(obs.floats());
}

void NormalizeObs::step(const Matrix& actions, StepResult& out) {
  EnvWrapper::step(actions, out);
  if (use_ == EnvUse::train) {
    moments_.update(out.next_obs.floats());
    moments_.update(out.obs.floats(), out.episode_over);
  }
  scaling_.refresh();
  scaling_(out.next_obs.floats());
  scaling_(out.obs.floats());
}

NormalizeReward::NormalizeReward(std::unique_ptr<VecEnv> inner, RunningMoments& moments, double gamma, EnvUse use)
    : EnvWrapper(std::move(inner)),
      moments_(moments),
      gamma_(gamma),
      use_(use),
      returns_(Eigen::VectorXd::Zero(info().num_envs)) {}

void NormalizeReward::reset(Observations& obs) {
  EnvWrapper::reset(obs);
  returns_.setZero();
}

void NormalizeReward::step(const Matrix& actions, StepResult& out) {
  EnvWrapper::step(actions, out);
  returns_ = gamma_ * returns_ + out.rewards.cast<double>();
  if (use_ == EnvUse::train) moments_.update(returns_);
  out.rewards *= static_cast<float>(RewardScaling{.discounted_return = &moments_, .clip = {}}.scale());
  for (Eigen::Index i = 0; i < returns_.size(); ++i)
    if (out.episode_over[i]) returns_[i] = 0;
}

void NormalizeReward::serialize(Archive& archive) {
  EnvWrapper::serialize(archive);
  archive("discounted_returns", std::span<double>(returns_.data(), static_cast<std::size_t>(returns_.size())));
}

void ScaleReward::step(const Matrix& actions, StepResult& out) {
  EnvWrapper::step(actions, out);
  out.rewards *= scale_;
}

void SignReward::step(const Matrix& actions, StepResult& out) {
  EnvWrapper::step(actions, out);
  out.rewards = out.rewards.cwiseSign();
}

void ClipReward::step(const Matrix& actions, StepResult& out) {
  EnvWrapper::step(actions, out);
  out.rewards = out.rewards.cwiseMax(-bound_).cwiseMin(bound_);
}

namespace {

Space stacked_space(const Space& single, FrameOp op, int num_frames) {
  Space space = single;
  if (op == FrameOp::concat)
    space.shape.front() *= num_frames;
  else
    space.shape.insert(space.shape.begin(), num_frames);
  space.low.clear();
  space.high.clear();
  for (int k = 0; k < num_frames; ++k) {
    space.low.insert(space.low.end(), single.low.begin(), single.low.end());
    space.high.insert(space.high.end(), single.high.begin(), single.high.end());
  }
  return space;
}

}  // namespace

EnvInfo stacked_info(EnvInfo single, FrameOp op, int num_frames) {
  single.obs_space = stacked_space(single.obs_space, op, num_frames);
  single.num_frames = num_frames;  // each of which may itself be a stack
  return single;
}

FrameStack::FrameStack(std::unique_ptr<VecEnv> inner, FrameOp op, int num_frames)
    : EnvWrapper(std::move(inner)), info_(stacked_info(EnvWrapper::info(), op, num_frames)), num_frames_(num_frames) {
  frames_.resize(info_.num_envs, info_.obs_space);
  std::fill_n(frames_.row_data(0), static_cast<std::size_t>(info_.num_envs) * frames_.row_bytes(), std::byte{0});
}

void FrameStack::fill(Eigen::Index row, const ObservationsView& obs) {
  std::byte* frames = frames_.row_data(row);
  for (int k = 0; k < num_frames_; ++k) frames = std::copy_n(obs.row_data(row), obs.row_bytes(), frames);
}

void FrameStack::reset(Observations& obs) {
  EnvWrapper::reset(first_obs_);
  for (Eigen::Index i = 0; i < frames_.rows(); ++i) fill(i, first_obs_);
  obs = frames_;
}

void FrameStack::step(const Matrix& actions, StepResult& out) {
  EnvWrapper::step(actions, single_);
  for (Eigen::Index i = 0; i < frames_.rows(); ++i) {
    const std::size_t frame = single_.next_obs.row_bytes(), older = frames_.row_bytes() - frame;
    std::byte* const frames = frames_.row_data(i);
    std::copy_n(frames + frame, older, frames);
    std::copy_n(single_.next_obs.row_data(i), frame, frames + older);
  }
  out.next_obs = frames_;
  for (Eigen::Index i = 0; i < frames_.rows(); ++i)
    if (single_.episode_over[i]) fill(i, single_.obs);
  out.obs = frames_;
  out.take_outcome(single_);
}

void FrameStack::serialize(Archive& archive) {
  EnvWrapper::serialize(archive);
  frames_.serialize("frames", archive);
}

}  // namespace slm
