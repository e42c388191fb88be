#include "slm_lab/memory/imitation_replay.h"

#include <algorithm>
#include <string>

#include "slm_lab/base/archive.h"
#include "slm_lab/base/error.h"
#include "slm_lab/base/profile.h"

namespace slm {
namespace {

/// Steps that a running episode is counted with where the environment has no limit. Atari ends a game after 27,000
/// steps, which 16 of them hardly ever reach together: so many screens would be 12 GB.
constexpr std::int64_t kUnlimitedEpisode = 5000;

/// A reward or a return, besides the action.
int extras_of_row(const EnvInfo& info) { return info.action_space.size() + 1; }

}  // namespace

ImitationReplay::ImitationReplay(const ReplayConfig& config, float gamma, const EnvInfo& info)
    : gamma_(gamma),
      obs_space_(info.obs_space),
      action_dim_(info.action_space.size()),
      scaling_(info.scaling),
      sampler_(config, info.num_envs),
      steps_(info.obs_space, extras_of_row(info), config.max_size),
      one_obs_(static_cast<std::size_t>(obs_space_.row_bytes())) {
  running_.reserve(static_cast<std::size_t>(info.num_envs));
  for (int env = 0; env < info.num_envs; ++env)
    running_.emplace_back(info.obs_space, extras_of_row(info), info.max_episode_steps);
  returns_.reserve(static_cast<std::size_t>(info.max_episode_steps));
}

void ImitationReplay::add(const ObservationsView& obs, const Matrix& actions, const StepResult& step,
                          const Vector& final_values) {
  const bool raw = scaling_.active();
  const ObservationsView kept_obs = raw ? step.raw.obs : obs;
  const Vector& rewards = raw ? step.raw.rewards : step.rewards;
  ensure(kept_obs.fit(obs_space_), "observations are those of the environment");
  for (std::size_t env = 0; env < running_.size(); ++env) {
    const auto row = static_cast<Eigen::Index>(env);
    float* const reward =
        std::copy_n(actions.row(row).data(), action_dim_, running_[env].append(kept_obs.row_data(row)));
    *reward = rewards[row];
    if (step.is_cut(row)) close(running_[env], step.is_last_reward(row) ? 0 : final_values[row]);
  }
}

void ImitationReplay::close(RowStore& episode, float value_after) {
  scaling_.refresh();
  returns_.resize(static_cast<std::size_t>(episode.size()));
  float next = value_after / scaling_.scale();  // R_t = r_t + gamma R_{t+1}, raw
  for (std::int64_t t = episode.size() - 1; t >= 0; --t)
    next = returns_[static_cast<std::size_t>(t)] = scaling_.limited(episode.extras(t)[action_dim_]) + gamma_ * next;
  for (std::int64_t t = 0; t < episode.size(); ++t) {
    episode.read_obs(t, one_obs_.data());
    float* const extras = steps_.write(sampler_.next_row(), one_obs_.data());
    *std::copy_n(episode.extras(t), action_dim_, extras) = returns_[static_cast<std::size_t>(t)];
    sampler_.add();
  }
  episode.clear();
}

void ImitationReplay::sample(Rng& rng, std::int64_t frame, ImitationBatch& batch) {
  const PhaseTimer timer(Phase::draw);
  scaling_.refresh();
  sampler_.draw(rng, batch.draw);
  const Eigen::Index n = batch.draw.weights.size();
  batch.obs.resize(n, obs_space_);
  batch.actions.resize(n, action_dim_);
  batch.returns.resize(n);
  for (const std::int64_t row : batch.draw.rows) steps_.prefetch(row);
  sampler_.weigh(sampler_.config().beta(frame), batch.draw);
  for (Eigen::Index i = 0; i < n; ++i) {
    const std::int64_t row = batch.draw.rows[static_cast<std::size_t>(i)];
    steps_.read_obs(row, batch.obs.row_data(i));
    std::copy_n(steps_.extras(row), action_dim_, batch.actions.row(i).data());
    batch.returns[i] = scaling_.scale() * steps_.extras(row)[action_dim_];
  }
  scaling_.scale_obs(batch.obs);
}

void ImitationReplay::serialize(Archive& archive) {
  archive("sampler", sampler_);
  archive("steps", steps_);
  for (std::size_t env = 0; env < running_.size(); ++env) archive("running" + std::to_string(env), running_[env]);
}

std::int64_t imitation_replay_bytes(const ReplayConfig& config, const EnvInfo& info) {
  const std::int64_t episode = info.max_episode_steps > 0 ? info.max_episode_steps : kUnlimitedEpisode;
  const std::int64_t running = info.num_envs * episode;
  return (config.max_size + running) * RowStore::row_bytes(info.obs_space, extras_of_row(info)) +
         config.max_size * RowSampler::row_bytes(config);
}

}  // namespace slm
