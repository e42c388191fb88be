#include "slm_lab/memory/imitation_replay.h"

#include <algorithm>
#include <string>

#include "slm_lab/base/archive.h"

namespace slm {
namespace {

std::size_t index(std::int64_t i) { return static_cast<std::size_t>(i); }

}  // namespace

ImitationReplay::ImitationReplay(const ReplayConfig& config, float gamma, const EnvInfo& info)
    : gamma_(gamma),
      obs_dim_(info.obs_space.size()),
      action_dim_(info.action_space.size()),
      sampler_(config),
      obs_(info.obs_space, config.max_size),
      one_obs_(index(obs_dim_)) {
  actions_.reserve(index(config.max_size * action_dim_));
  returns_.reserve(index(config.max_size));
  running_.reserve(index(info.num_envs));
  for (int env = 0; env < info.num_envs; ++env) {
    Episode& episode = running_.emplace_back(ObsStore(info.obs_space, info.max_episode_steps));
    episode.actions.reserve(index(info.max_episode_steps) * index(action_dim_));
    episode.rewards.reserve(index(info.max_episode_steps));
  }
}

void ImitationReplay::add(const Matrix& obs, const Matrix& actions, const StepResult& step) {
  for (std::size_t env = 0; env < running_.size(); ++env) {
    const auto row = static_cast<Eigen::Index>(env);
    Episode& episode = running_[env];
    episode.obs.append(obs.row(row).data());
    episode.actions.insert(episode.actions.end(), actions.row(row).data(), actions.row(row).data() + action_dim_);
    episode.rewards.push_back(step.rewards[row]);
    if (step.terminated[row] || step.truncated[row]) close(episode);
  }
}

void ImitationReplay::close(Episode& episode) {
  std::vector<float>& returns = episode.rewards;  // R_t = r_t + gamma R_{t+1}, in place
  for (std::size_t t = returns.size() - 1; t-- > 0;) returns[t] += gamma_ * returns[t + 1];
  for (std::size_t t = 0; t < returns.size(); ++t) {
    const std::size_t row = index(sampler_.next_row());
    if (row == returns_.size()) {
      actions_.resize(actions_.size() + index(action_dim_));
      returns_.push_back(0);
    }
    episode.obs.read(static_cast<std::int64_t>(t), one_obs_.data());
    obs_.write(sampler_.next_row(), one_obs_.data());
    std::copy_n(episode.actions.data() + t * index(action_dim_), action_dim_,
                actions_.data() + row * index(action_dim_));
    returns_[row] = returns[t];
    sampler_.add();
  }
  episode.obs.clear();
  episode.actions.clear();
  episode.rewards.clear();
}

void ImitationReplay::sample(Rng& rng, std::int64_t frame, ImitationBatch& batch) {
  sampler_.draw(rng, sampler_.config().beta(frame), batch.draw);
  const Eigen::Index n = batch.draw.weights.size();
  batch.obs.resize(n, obs_dim_);
  batch.actions.resize(n, action_dim_);
  batch.returns.resize(n);
  for (Eigen::Index i = 0; i < n; ++i) {
    const std::int64_t row = batch.draw.rows[index(i)];
    obs_.read(row, batch.obs.row(i).data());
    std::copy_n(actions_.data() + row * action_dim_, action_dim_, batch.actions.row(i).data());
    batch.returns[i] = returns_[index(row)];
  }
}

void ImitationReplay::Episode::serialize(Archive& archive) {
  archive("obs", obs);
  archive("actions", actions);
  archive("rewards", rewards);
}

void ImitationReplay::serialize(Archive& archive) {
  archive("sampler", sampler_);
  archive("obs", obs_);
  archive("actions", actions_);
  archive("returns", returns_);
  for (std::size_t env = 0; env < running_.size(); ++env) archive("running" + std::to_string(env), running_[env]);
}

std::int64_t imitation_replay_bytes(const ReplayConfig& config, const EnvInfo& info) {
  const std::int64_t floats = info.action_space.size() + 1;
  return config.max_size * (ObsStore::row_bytes(info.obs_space) + floats * 4 + RowSampler::row_bytes(config));
}

}  // namespace slm
