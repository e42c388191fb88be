#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "slm_lab/base/archive.h"
#include "slm_lab/base/error.h"
#include "slm_lab/base/thread_pool.h"
#include "slm_lab/env/env_step.h"
#include "slm_lab/env/vec_env.h"

namespace slm {

/// Copies of one environment type, stepped one after the other, each with its own random stream. It adds what the types
/// do not know: time limits, the raw return and length of episodes, and the restart of ended rows within the same step.
template <SingleEnv Env>
class SyncVecEnv final : public VecEnv {
 public:
  /// One row for each generator. `threads` (may be null) is borrowed, and used where a step costs enough to be shared:
  /// rows are independent, so the result is the same with any number of threads.
  SyncVecEnv(EnvInfo info, const typename Env::Kwargs& kwargs, std::vector<Rng> rngs, ThreadPool* threads = nullptr)
      : info_(std::move(info)), action_dim_(info_.action_space.size()), threads_(threads) {
    ensure(static_cast<int>(rngs.size()) == info_.num_envs, "one generator for each environment");
    ensure(info_.obs_space.of_bytes == std::is_same_v<Number, std::uint8_t>, "the space of what is observed");
    rows_.reserve(rngs.size());
    const EnvMaker<Env> make(kwargs);
    for (Rng& rng : rngs) rows_.push_back({make(), std::move(rng)});
  }

  const EnvInfo& info() const override { return info_; }

  void reset(Observations& obs) override {
    obs.resize(info_.num_envs, info_.obs_space);
    auto& rows = obs.as<Number>();
    for (std::size_t i = 0; i < rows_.size(); ++i)
      start_episode(rows_[i], rows.row(static_cast<Eigen::Index>(i)).data());
  }

  void step(const Matrix& actions, StepResult& out) override {
    ensure(actions.rows() == info_.num_envs && actions.cols() == action_dim_, "actions are (num_envs, action_dim)");
    out.resize(info_.num_envs, info_.obs_space);
    const std::size_t num_tasks = this->num_tasks();
    if (num_tasks == 1) return step_rows(0, rows_.size(), actions, out);
    threads_->run(static_cast<int>(num_tasks), [&](int index) {
      const auto task = static_cast<std::size_t>(index);
      step_rows(task * rows_.size() / num_tasks, (task + 1) * rows_.size() / num_tasks, actions, out);
    });
  }

  void serialize(Archive& archive) override {
    for (std::size_t i = 0; i < rows_.size(); ++i) archive(fmt::format("row{}", i), rows_[i]);
  }

 private:
  using Number = ObservedNumber<Env>;

  struct Row {
    Env env;
    Rng rng;
    std::int32_t episode_length = 0;
    double episode_return = 0;

    void serialize(Archive& archive) {
      archive("env", env);
      archive("rng", rng);
      archive("episode_length", episode_length);
      archive("episode_return", episode_return);
    }
  };

  static void start_episode(Row& row, Number* obs) {
    row.env.reset(row.rng);
    row.env.observe(obs);
    row.episode_length = 0;
    row.episode_return = 0;
  }

  /// Handing work to a thread costs about as much as a hundred CartPole steps. What is worth it is cut small, so that a
  /// row that takes long (more contacts) keeps no thread waiting, and into as many tasks for each thread.
  std::size_t num_tasks() const {
    if (threads_ == nullptr || threads_->size() == 1) return 1;
    constexpr int kWorthwhileNanoseconds = 20'000;
    constexpr auto kEnough = static_cast<std::size_t>((kWorthwhileNanoseconds - 1) / Env::kStepNanoseconds + 1);
    const std::size_t most = std::max<std::size_t>(1, rows_.size() / kEnough);
    const auto threads = static_cast<std::size_t>(threads_->size());
    return most < threads ? most : most - most % threads;
  }

  void step_rows(std::size_t first, std::size_t last, const Matrix& actions, StepResult& out) {
    auto& next_obs = out.next_obs.as<Number>();
    auto& obs = out.obs.as<Number>();
    for (std::size_t i = first; i < last; ++i) {
      const auto at = static_cast<Eigen::Index>(i);
      step_row(i, actions, next_obs.row(at).data(), obs.row(at).data(), out);
    }
  }

  void step_row(std::size_t i, const Matrix& actions, Number* next_obs, Number* obs, StepResult& out) {
    Row& row = rows_[i];
    const auto at = static_cast<Eigen::Index>(i);
    const EnvStep step = act(row, {actions.row(at).data(), static_cast<std::size_t>(action_dim_)});
    ++row.episode_length;
    row.episode_return += step.reward;

    // As in Gymnasium both may hold: the task can end on the very step at which the time is up.
    const bool time_is_up = info_.max_episode_steps > 0 && row.episode_length >= info_.max_episode_steps;
    const bool truncated = step.truncated || time_is_up;
    out.rewards[at] = static_cast<float>(step.reward);
    out.terminated[at] = step.terminated;
    out.truncated[at] = truncated;
    out.episode_over[at] = step.terminated || truncated;
    out.life_lost[at] = step.life_lost;
    out.diverged[at] = step.diverged;
    out.episode_return[at] = row.episode_return;
    out.episode_length[at] = row.episode_length;

    row.env.observe(next_obs);
    if (out.episode_over[at])
      start_episode(row, obs);
    else
      std::copy(next_obs, next_obs + info_.obs_space.size(), obs);
  }

  EnvStep act(Row& row, std::span<const float> action) const {
    if constexpr (kTakesIndex<Env>) {
      // Also refuses NaN, whose conversion to an index would be undefined.
      ensure(action[0] >= 0 && action[0] < static_cast<float>(info_.action_space.n), "a discrete action is an index");
      return step_env(row.env, static_cast<int>(action[0]), row.rng);
    } else {
      return step_env(row.env, action, row.rng);
    }
  }

  EnvInfo info_;
  int action_dim_;
  ThreadPool* threads_;
  std::vector<Row> rows_;
};

}  // namespace slm
