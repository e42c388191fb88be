#include "slm_lab/memory/replay.h"

#include <algorithm>

#include "slm_lab/base/archive.h"
#include "slm_lab/base/error.h"

namespace slm {
namespace {

std::size_t index(std::int64_t i) { return static_cast<std::size_t>(i); }

}  // namespace

Replay::Replay(const ReplayConfig& config, const EnvInfo& info)
    : num_envs_(info.num_envs),
      obs_dim_(info.obs_space.size()),
      action_dim_(info.action_space.size()),
      capacity_(config.max_size),
      sampler_(config),
      newest_next_obs_(info.num_envs, obs_dim_) {
  ensure(capacity_ >= num_envs_, "a replay holds at least one step of every environment");
  obs_.reserve(index(capacity_ * obs_dim_));  // a page that was never written takes no memory
  actions_.reserve(index(capacity_ * action_dim_));
  rewards_.reserve(index(capacity_));
  ends_.reserve(index(capacity_));
  slots_.reserve(index(capacity_));
  const std::int64_t limit = info.max_episode_steps;
  const std::int64_t truncations = limit > 0 ? capacity_ / limit + 2 * num_envs_ : 2 * num_envs_;
  final_obs_.reserve(index(truncations * obs_dim_));
  free_slots_.reserve(index(truncations));
}

void Replay::add(const Matrix& obs, const Matrix& actions, const StepResult& step) {
  newest_next_obs_ = step.next_obs;
  for (int env = 0; env < num_envs_; ++env) {
    const std::int64_t row = sampler_.next_row();
    if (row == static_cast<std::int64_t>(rewards_.size())) append_row();
    std::copy_n(obs.row(env).data(), obs_dim_, obs_.data() + row * obs_dim_);
    std::copy_n(actions.row(env).data(), action_dim_, actions_.data() + row * action_dim_);
    rewards_[index(row)] = step.rewards[env];
    set_end(row,
            step.terminated[env]  ? kTerminated
            : step.truncated[env] ? kTruncated
                                  : kGoesOn,
            step.next_obs.row(env).data());
    sampler_.add();
  }
}

void Replay::append_row() {
  obs_.resize(obs_.size() + index(obs_dim_));
  actions_.resize(actions_.size() + index(action_dim_));
  rewards_.push_back(0);
  ends_.push_back(kGoesOn);
  slots_.push_back(-1);
}

void Replay::set_end(std::int64_t row, End end, const float* final_obs) {
  if (std::int32_t& old_slot = slots_[index(row)]; old_slot >= 0) {
    free_slots_.push_back(old_slot);
    old_slot = -1;
  }
  ends_[index(row)] = end;
  if (end != kTruncated) return;
  if (free_slots_.empty()) {
    free_slots_.push_back(static_cast<std::int32_t>(final_obs_.size() / index(obs_dim_)));
    final_obs_.resize(final_obs_.size() + index(obs_dim_));
  }
  const std::int32_t slot = free_slots_.back();
  free_slots_.pop_back();
  slots_[index(row)] = slot;
  std::copy_n(final_obs, obs_dim_, final_obs_.data() + static_cast<std::int64_t>(slot) * obs_dim_);
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
  std::copy_n(obs_.data() + row * obs_dim_, obs_dim_, batch.obs.row(i).data());
  std::copy_n(actions_.data() + row * action_dim_, action_dim_, batch.actions.row(i).data());

  float reward = 0, discount = 1;
  const float* next_obs = nullptr;
  for (int k = 0; next_obs == nullptr; ++k) {
    reward += discount * rewards_[index(row)];
    discount *= gamma;
    // how many rows were written after this one; fewer than num_envs: it belongs to the newest step
    const std::int64_t age = (sampler_.num_added() - 1 - row) % capacity_;
    const End end = static_cast<End>(ends_[index(row)]);
    if (end == kTerminated) {
      discount = 0;
      next_obs = obs_.data() + row * obs_dim_;  // any
    } else if (end == kTruncated) {
      next_obs = final_obs_.data() + static_cast<std::int64_t>(slots_[index(row)]) * obs_dim_;
    } else if (age < num_envs_) {
      next_obs = newest_next_obs_.row(num_envs_ - 1 - age).data();
    } else {
      row = row + num_envs_ < capacity_ ? row + num_envs_ : row + num_envs_ - capacity_;
      if (k + 1 == num_steps) next_obs = obs_.data() + row * obs_dim_;
    }
  }
  std::copy_n(next_obs, obs_dim_, batch.next_obs.row(i).data());
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
  const std::int64_t floats = info.obs_space.size() + info.action_space.size() + 1;
  const std::int64_t tree = config.name == "PrioritizedReplay" ? 10 : 0;  // a double and its share of the sums
  return config.max_size * (floats * 4 + 1 + 4 + tree);
}

}  // namespace slm
