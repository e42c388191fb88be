#include "slm_lab/memory/replay.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "slm_lab/base/archive.h"
#include "slm_lab/base/error.h"
#include "slm_lab/base/profile.h"

namespace slm {
namespace {

constexpr std::int64_t kMostFinals = std::numeric_limits<std::int32_t>::max() - 3;  // so that each has a number

/// Reward and what follows, besides the action.
int extras_of_transition(const EnvInfo& info) { return info.action_space.size() + 2; }

/// Of how many of the last transitions what follows may be kept apart.
std::int64_t most_finals(const ReplayConfig& config, const EnvInfo& info) {
  if (config.keeps_last_of_task) return config.max_size;
  const std::int64_t in_full_episodes = info.max_episode_steps > 0 ? config.max_size / info.max_episode_steps : 0;
  return in_full_episodes + 2 * info.num_envs;
}

/// Of the observations that lie with the transitions (an empty one: none do), and of those that ended episodes.
Space space_with_steps(const EnvInfo& info) { return StackedFrames::pays(info) ? Space() : info.obs_space; }
Space space_of_finals(const EnvInfo& info) {
  return StackedFrames::pays(info) ? StackedFrames::frame_space(info) : info.obs_space;
}

}  // namespace

Replay::Replay(const ReplayConfig& config, const EnvInfo& info)
    : obs_space_(info.obs_space),
      num_envs_(info.num_envs),
      action_dim_(info.action_space.size()),
      capacity_(config.max_size),
      scaling_(info.scaling),
      sampler_(config, info.num_envs),
      steps_(space_with_steps(info), extras_of_transition(info), config.max_size),
      final_obs_(space_of_finals(info), 0, most_finals(config, info)) {
  if (StackedFrames::pays(info)) frames_.emplace(config.max_size, info);
  ensure(capacity_ >= num_envs_, "a replay holds at least one step of every environment");
  ensure(most_finals(config, info) <= kMostFinals, "the row of a final observation fits 32 bits");
  free_finals_.reserve(static_cast<std::size_t>(most_finals(config, info)));
  newest_next_obs_.resize(num_envs_, obs_space_);
}

void Replay::add(const ObservationsView& obs, const Matrix& actions, const StepResult& step) {
  const bool raw = scaling_.active();
  const ObservationsView kept_obs = raw ? step.raw.obs : obs;
  const Vector& rewards = raw ? step.raw.rewards : step.rewards;
  newest_next_obs_ = raw ? step.raw.next_obs : step.next_obs;
  ensure(kept_obs.fit(obs_space_) && ObservationsView(newest_next_obs_).fit(obs_space_),
         "observations are those of the environment");
  for (int env = 0; env < num_envs_; ++env) {
    const std::int64_t row = sampler_.next_row();
    if (row < steps_.size())
      if (const auto old = final_row(std::bit_cast<std::int32_t>(steps_.extras(row)[action_dim_ + 1])); old >= 0)
        free_finals_.push_back(old);
    if (frames_) frames_->add(sampler_.num_added(), kept_obs.row_data(env), step.episode_over[env]);
    float* extras = steps_.write(row, kept_obs.row_data(env));
    extras = std::copy_n(actions.row(env).data(), action_dim_, extras);
    extras[0] = rewards[env];
    extras[1] = std::bit_cast<float>(follow_up(step, env));
    sampler_.add();
  }
}

std::int32_t Replay::follow_up(const StepResult& step, int env) {
  if (step.is_last_reward(env))
    return sampler_.config().keeps_last_of_task ? kTerminatedAt - keep_final(env) : kTerminated;
  return step.episode_over[env] ? keep_final(env) : kNextStep;
}

std::int32_t Replay::keep_final(int env) {
  if (free_finals_.empty()) free_finals_.push_back(static_cast<std::int32_t>(final_obs_.size()));
  const std::int32_t row = free_finals_.back();
  ensure(row < capacity_, "observations of transitions that are overwritten make room");
  free_finals_.pop_back();
  const std::byte* const obs = newest_next_obs_.row_data(env);
  final_obs_.write(row, frames_ ? frames_->newest(obs) : obs);
  return row;
}

void Replay::sample(Rng& rng, float gamma, int num_steps, double beta, Batch& batch) {
  const PhaseTimer timer(Phase::draw);
  scaling_.refresh();
  sampler_.draw(rng, batch.draw);
  const Eigen::Index n = batch.draw.weights.size();
  batch.obs.resize(n, obs_space_);
  batch.next_obs.resize(n, obs_space_);
  batch.actions.resize(n, action_dim_);
  batch.rewards.resize(n);
  batch.discounts.resize(n);
  // A row of a large replay is not in any cache: all of them are asked for before the first is waited for.
  for (const std::int64_t row : batch.draw.rows) {
    prefetch(row);
    prefetch(one_step_later(row));
  }
  sampler_.weigh(beta, batch.draw);
  for (Eigen::Index i = 0; i < n; ++i) gather(batch.draw.rows[static_cast<std::size_t>(i)], gamma, num_steps, i, batch);
  scaling_.scale_obs(batch.obs);
  scaling_.scale_obs(batch.next_obs);
}

std::int64_t Replay::one_step_later(std::int64_t row) const {
  return row + num_envs_ < capacity_ ? row + num_envs_ : row + num_envs_ - capacity_;
}

void Replay::prefetch(std::int64_t row) const {
  steps_.prefetch(row);
  if (frames_) frames_->prefetch(step_in(row));
}

void Replay::read_obs(std::int64_t row, std::byte* obs) const {
  if (frames_)
    frames_->read(step_in(row), obs);
  else
    steps_.read_obs(row, obs);
}

void Replay::read_final_obs(std::int64_t row, std::int32_t final_row, std::byte* obs) const {
  if (frames_) obs = frames_->read_older_of_next(step_in(row), obs);
  final_obs_.read_obs(final_row, obs);
}

void Replay::gather(std::int64_t row, float gamma, int num_steps, Eigen::Index i, Batch& batch) const {
  read_obs(row, batch.obs.row_data(i));
  std::copy_n(steps_.extras(row), action_dim_, batch.actions.row(i).data());

  float reward = 0, discount = 1;
  std::byte* const next_obs = batch.next_obs.row_data(i);
  bool bootstrapped = false;
  for (int k = 0; !bootstrapped; ++k) {
    const float* extras = steps_.extras(row) + action_dim_;
    reward += discount * reward_of(extras);
    discount *= gamma;
    const auto follows = std::bit_cast<std::int32_t>(extras[1]);
    bootstrapped = true;
    if (follows == kTerminated || follows <= kTerminatedAt) discount = 0;
    if (follows == kTerminated) {
      read_obs(row, next_obs);  // any will do
    } else if (final_row(follows) >= 0) {
      read_final_obs(row, final_row(follows), next_obs);
    } else if (age(row) < num_envs_) {
      std::copy_n(newest_next_obs_.row_data(num_envs_ - 1 - age(row)), newest_next_obs_.row_bytes(), next_obs);
    } else {
      row = one_step_later(row);
      bootstrapped = k + 1 == num_steps;
      if (bootstrapped) read_obs(row, next_obs);
    }
  }
  batch.rewards[i] = reward;
  batch.discounts[i] = discount;
}

void Replay::serialize(Archive& archive) {
  archive("sampler", sampler_);
  if (frames_) {
    if (archive.loading() && !archive.contains("frames.next_history"))
      throw Error(
          ExitCode::usage,
          "a checkpoint of format 3 or older, whose replay keeps stacks of frames whole: go on with the program "
          "that wrote it, or start a new run");
    archive("frames", *frames_);
  }
  archive("transitions", steps_);
  archive("final_obs", final_obs_);
  archive("free_finals", free_finals_);
  newest_next_obs_.serialize("newest_next_obs", archive);
}

std::int64_t largest_replay(const ReplayConfig& config, const EnvInfo& info) {
  if (config.keeps_last_of_task) return kMostFinals;
  if (info.max_episode_steps == 0) return std::numeric_limits<std::int64_t>::max();
  return (kMostFinals - 2 * info.num_envs) * info.max_episode_steps;
}

std::int64_t replay_bytes(const ReplayConfig& config, const EnvInfo& info) {
  return config.max_size *
             (RowStore::row_bytes(space_with_steps(info), extras_of_transition(info)) + RowSampler::row_bytes(config)) +
         most_finals(config, info) * RowStore::row_bytes(space_of_finals(info), 0) +
         (StackedFrames::pays(info) ? StackedFrames::bytes(config.max_size, info) : 0);
}

}  // namespace slm
