#include "slm_lab/memory/rollout.h"

#include <algorithm>

#include "slm_lab/base/archive.h"
#include "slm_lab/base/error.h"

namespace slm {
namespace {

// Moves row `from` of a matrix in a flat vector to row `to`.
void move_row(std::vector<float>& matrix, std::size_t from, std::size_t to, std::size_t width) {
  std::copy_n(matrix.begin() + static_cast<std::ptrdiff_t>(from * width), width,
              matrix.begin() + static_cast<std::ptrdiff_t>(to * width));
}

// Every environment ends in a final observation, and each truncation inside adds one.
std::int64_t most_finals(std::int64_t num_steps, const EnvInfo& info) {
  const int limit = info.max_episode_steps;
  return info.num_envs * (limit > 0 ? num_steps / limit + 2 : 2);
}

}  // namespace

void Rollout::reserve(std::int64_t num_steps, std::int64_t num_finals) {
  const auto rows = static_cast<std::size_t>(num_steps * num_envs_);
  obs_.reserve(num_steps * num_envs_);
  actions_.reserve(rows * static_cast<std::size_t>(action_dim_));
  for (std::vector<float>* v : {&rewards_, &not_terminated_, &not_ended_}) v->reserve(rows);
  next_.reserve(rows);
  final_obs_.reserve(num_finals);
}

void Rollout::add(const ObservationsView& obs, const Matrix& actions, const StepResult& step, bool is_last) {
  ensure(obs.rows() == num_envs_, "rollout: obs must be (num_envs, obs_dim)");
  ensure(actions.rows() == num_envs_ && actions.cols() == action_dim_,
         "rollout: actions must be (num_envs, action_dim)");
  obs_.append(obs);
  for (const float number : std::span(actions.data(), static_cast<std::size_t>(actions.size())))  // they are few
    actions_.push_back(number);
  for (int env = 0; env < num_envs_; ++env) {
    const bool terminated = step.is_last_reward(env);
    const bool ended = step.is_cut(env);
    const auto row = static_cast<std::int32_t>(rewards_.size());
    rewards_.push_back(step.rewards[env]);
    not_terminated_.push_back(terminated ? 0.0f : 1.0f);
    not_ended_.push_back(ended ? 0.0f : 1.0f);
    if (terminated) {
      next_.push_back(row);  // any row: its value will be multiplied by 0
    } else if (ended || is_last) {
      next_.push_back(-1 - static_cast<std::int32_t>(final_obs_.size()));
      final_obs_.append(ObservationsView(step.next_obs).middle_rows(env, 1));
    } else {
      next_.push_back(row + num_envs_);
    }
  }
}

void Rollout::clear() {
  for (std::vector<float>* v : {&actions_, &rewards_, &not_terminated_, &not_ended_}) v->clear();
  obs_.resize(0);
  final_obs_.resize(0);
  next_.clear();
}

void Rollout::keep(std::span<const std::int32_t> rows) {
  std::size_t to = 0;
  std::int64_t num_finals = 0;
  for (const std::int32_t row : rows) {
    const auto from = static_cast<std::size_t>(row);
    obs_.move(row, static_cast<std::int64_t>(to));
    move_row(actions_, from, to, static_cast<std::size_t>(action_dim_));
    for (std::vector<float>* v : {&rewards_, &not_terminated_, &not_ended_}) move_row(*v, from, to, 1);
    if (next_[from] < 0) {
      final_obs_.move(-1 - next_[from], num_finals);
      next_[to] = static_cast<std::int32_t>(-1 - num_finals++);
    } else {
      next_[to] = next_[from] - row + static_cast<std::int32_t>(to);
    }
    ++to;
  }
  obs_.resize(static_cast<std::int64_t>(to));
  actions_.resize(to * static_cast<std::size_t>(action_dim_));
  for (std::vector<float>* v : {&rewards_, &not_terminated_, &not_ended_}) v->resize(to);
  next_.resize(to);
  final_obs_.resize(num_finals);
}

void Rollout::next_values(const Vector& values, const Vector& final_values, MatrixRef next_values) const {
  for (std::int64_t row = 0; row < size(); ++row) {
    const std::int32_t next = next_[static_cast<std::size_t>(row)];
    next_values.data()[row] = next >= 0 ? values[next] : final_values[-1 - next];
  }
}

void Rollout::serialize(Archive& archive) {
  obs_.serialize("obs", archive);
  archive("actions", actions_);
  archive("rewards", rewards_);
  archive("not_terminated", not_terminated_);
  archive("not_ended", not_ended_);
  final_obs_.serialize("final_obs", archive);
  archive("next", next_);
}

OnPolicyBatchReplay::OnPolicyBatchReplay(int num_steps, const EnvInfo& info)
    : num_steps_(num_steps), rollout_(info.num_envs, info.obs_space, info.action_space.size()) {
  rollout_.reserve(num_steps, most_finals(num_steps, info));
}

void OnPolicyBatchReplay::add(const ObservationsView& obs, const Matrix& actions, const StepResult& step) {
  ensure(!ready(), "OnPolicyBatchReplay: full; train and clear first");
  rollout_.add(obs, actions, step, rollout_.num_steps() + 1 == num_steps_);
}

}  // namespace slm
