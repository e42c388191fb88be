#include "slm_lab/memory/replay.h"

#include <algorithm>

#include "slm_lab/base/archive.h"
#include "slm_lab/base/error.h"

namespace slm {
namespace {

std::size_t index(std::int64_t i) { return static_cast<std::size_t>(i); }

/// How many of the last `capacity` transitions may have been cut off by the clock.
std::int64_t most_truncations(std::int64_t capacity, const EnvInfo& info) {
  const std::int64_t in_full_episodes = info.max_episode_steps > 0 ? capacity / info.max_episode_steps : 0;
  return in_full_episodes + 2 * info.num_envs;
}

}  // namespace

Replay::Replay(const ReplayConfig& config, const EnvInfo& info)
    : num_envs_(info.num_envs),
      obs_dim_(info.obs_space.size()),
      action_dim_(info.action_space.size()),
      capacity_(config.max_size),
      sampler_(config),
      obs_(info.obs_space, config.max_size),
      newest_next_obs_(info.num_envs, obs_dim_),
      final_obs_(info.obs_space, most_truncations(config.max_size, info)) {
  ensure(capacity_ >= num_envs_, "a replay holds at least one step of every environment");
  actions_.reserve(index(capacity_ * action_dim_));  // a page that was never written takes no memory
  rewards_.reserve(index(capacity_));
  ends_.reserve(index(capacity_));
  slots_.reserve(index(capacity_));
  free_slots_.reserve(index(most_truncations(capacity_, info)));
}

void Replay::add(const Matrix& obs, const Matrix& actions, const StepResult& step) {
  newest_next_obs_ = step.next_obs;
  for (int env = 0; env < num_envs_; ++env) {
    const std::int64_t row = sampler_.next_row();
    obs_.write(row, obs.row(env).data());
    write_row(row, actions.row(env).data(), step.rewards[env]);
    set_end(row,
            step.terminated[env]  ? kTerminated
            : step.truncated[env] ? kTruncated
                                  : kGoesOn,
            step.next_obs.row(env).data());
    sampler_.add();
  }
}

void Replay::write_row(std::int64_t row, const float* action, float reward) {
  if (index(row) == rewards_.size()) {
    actions_.resize(actions_.size() + index(action_dim_));
    rewards_.push_back(0);
    ends_.push_back(kGoesOn);
    slots_.push_back(-1);
  }
  std::copy_n(action, action_dim_, actions_.data() + row * action_dim_);
  rewards_[index(row)] = reward;
}

void Replay::set_end(std::int64_t row, End end, const float* final_obs) {
  if (std::int32_t& old_slot = slots_[index(row)]; old_slot >= 0) {
    free_slots_.push_back(old_slot);
    old_slot = -1;
  }
  ends_[index(row)] = end;
  if (end != kTruncated) return;
  if (free_slots_.empty()) free_slots_.push_back(static_cast<std::int32_t>(final_obs_.rows()));
  const std::int32_t slot = free_slots_.back();
  free_slots_.pop_back();
  slots_[index(row)] = slot;
  final_obs_.write(slot, final_obs);
}

void Replay::sample(Rng& rng, float gamma, int num_steps, double beta, Batch& batch) {
  sampler_.draw(rng, beta, batch.draw);
  const Eigen::Index n = batch.draw.weights.size();
  batch.obs.resize(n, obs_dim_);
  batch.next_obs.resize(n, obs_dim_);
  batch.actions.resize(n, action_dim_);
  batch.rewards.resize(n);
  batch.discounts.resize(n);
  for (Eigen::Index i = 0; i < n; ++i) gather(batch.draw.rows[index(i)], gamma, num_steps, i, batch);
}

void Replay::gather(std::int64_t row, float gamma, int num_steps, Eigen::Index i, Batch& batch) const {
  obs_.read(row, batch.obs.row(i).data());
  std::copy_n(actions_.data() + row * action_dim_, action_dim_, batch.actions.row(i).data());

  float reward = 0, discount = 1;
  float* const next_obs = batch.next_obs.row(i).data();
  bool bootstrapped = false;
  for (int k = 0; !bootstrapped; ++k) {
    reward += discount * rewards_[index(row)];
    discount *= gamma;
    // how many rows were written after this one; fewer than num_envs: it belongs to the newest step
    const std::int64_t age = (sampler_.num_added() - 1 - row) % capacity_;
    const End end = static_cast<End>(ends_[index(row)]);
    bootstrapped = true;
    if (end == kTerminated) {
      discount = 0;
      obs_.read(row, next_obs);  // any will do
    } else if (end == kTruncated) {
      final_obs_.read(slots_[index(row)], next_obs);
    } else if (age < num_envs_) {
      std::copy_n(newest_next_obs_.row(num_envs_ - 1 - age).data(), obs_dim_, next_obs);
    } else {
      row = row + num_envs_ < capacity_ ? row + num_envs_ : row + num_envs_ - capacity_;
      bootstrapped = k + 1 == num_steps;
      if (bootstrapped) obs_.read(row, next_obs);
    }
  }
  batch.rewards[i] = reward;
  batch.discounts[i] = discount;
}

void Replay::serialize(Archive& archive) {
  archive("sampler", sampler_);
  archive("obs", obs_);
  archive("actions", actions_);
  archive("rewards", rewards_);
  archive("ends", ends_);
  archive("slots", slots_);
  archive("final_obs", final_obs_);
  archive("free_slots", free_slots_);
  archive("newest_next_obs", newest_next_obs_);
}

std::int64_t replay_bytes(const ReplayConfig& config, const EnvInfo& info) {
  const std::int64_t floats = info.action_space.size() + 1, end_and_slot = 1 + 4;
  return config.max_size *
             (ObsStore::row_bytes(info.obs_space) + floats * 4 + end_and_slot + RowSampler::row_bytes(config)) +
         most_truncations(config.max_size, info) * ObsStore::row_bytes(info.obs_space);
}

}  // namespace slm
