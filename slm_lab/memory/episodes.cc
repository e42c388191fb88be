#include "slm_lab/memory/episodes.h"

#include <algorithm>
#include <cmath>

#include "slm_lab/base/archive.h"
#include "slm_lab/base/error.h"
#include "slm_lab/base/quantile.h"

namespace slm {

OnPolicyReplay::OnPolicyReplay(int num_episodes, double cross_entropy, const EnvInfo& info)
    : num_episodes_(num_episodes),
      cross_entropy_(cross_entropy),
      rollout_(info.num_envs, info.obs_space, info.action_space.size()) {
  ensure(info.num_envs == 1, "OnPolicyReplay keeps the episodes of one environment");
  constexpr std::int64_t kMostReserved = 100'000;  // rows; beyond, the vectors grow as they need
  rollout_.reserve(
      std::min<std::int64_t>(static_cast<std::int64_t>(num_episodes) * info.max_episode_steps, kMostReserved),
      num_episodes);
  const auto episodes = static_cast<std::size_t>(num_episodes);
  returns_.reserve(episodes);
  episode_ends_.reserve(episodes);
  sorted_.reserve(episodes);
}

void OnPolicyReplay::add(const ObservationsView& obs, const Matrix& actions, const StepResult& step) {
  ensure(!ready(), "OnPolicyReplay: full; train and clear first");
  rollout_.add(obs, actions, step, /*is_last=*/false);
  if (!step.episode_over[0]) return;
  returns_.push_back(step.episode_return[0]);
  episode_ends_.push_back(static_cast<std::int32_t>(rollout_.size()));
  if (ready() && cross_entropy_ < 1.0) keep_best();
}

void OnPolicyReplay::keep_best() {
  sorted_ = returns_;
  std::sort(sorted_.begin(), sorted_.end());
  const double threshold = quantile(sorted_, cross_entropy_);
  kept_.clear();
  std::int32_t begin = 0;
  for (std::size_t episode = 0; episode < returns_.size(); ++episode) {
    if (returns_[episode] >= threshold)
      for (std::int32_t row = begin; row < episode_ends_[episode]; ++row) kept_.push_back(row);
    begin = episode_ends_[episode];
  }
  rollout_.keep(kept_);
}

void OnPolicyReplay::clear() {
  rollout_.clear();
  returns_.clear();
  episode_ends_.clear();
}

void OnPolicyReplay::serialize(Archive& archive) {
  archive("rollout", rollout_);
  archive("returns", returns_);
  archive("episode_ends", episode_ends_);
}

std::unique_ptr<OnPolicyMemory> make_on_policy_memory(const MemoryConfig& config, int training_frequency,
                                                      const EnvInfo& info) {
  if (config.name == "OnPolicyBatchReplay") return std::make_unique<OnPolicyBatchReplay>(training_frequency, info);
  const double cross_entropy = config.name == "OnPolicyCrossEntropy" ? config.cross_entropy : 1.0;
  return std::make_unique<OnPolicyReplay>(training_frequency, cross_entropy, info);
}

}  // namespace slm
