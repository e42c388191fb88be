#include "slm_lab/env/gymnasium/gymnasium_vec_env.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "slm_lab/base/archive.h"
#include "slm_lab/base/error.h"

namespace slm {

using Command = GymnasiumWorker::Command;

GymnasiumVecEnv::GymnasiumVecEnv(EnvInfo info, const GymnasiumKwargs& kwargs, const std::vector<Rng>& rngs,
                                 int num_processes)
    : info_(std::move(info)) {
  const int n = info_.num_envs;
  ensure(static_cast<int>(rngs.size()) == n, "one generator for each environment");
  constexpr int kMaxRoom = 1 << 14;  // steps; the actions of longer episodes take more as they come
  const std::int64_t room = std::min(info_.max_episode_steps, kMaxRoom) * info_.action_space.size();
  states_.reserve(rngs.size());  // a copy of a state would have no room
  for (const Rng& rng : rngs) states_.emplace_back(rng, static_cast<std::size_t>(room));
  const ObsNumber number = info_.obs_space.of_bytes ? ObsNumber::bytes : ObsNumber::float32;
  const std::int64_t parts = std::clamp(num_processes, 1, n);
  for (std::int64_t part = 0; part < parts; ++part) {
    const auto first = static_cast<int>(n * part / parts), last = static_cast<int>(n * (part + 1) / parts);
    workers_.push_back(std::make_unique<GymnasiumWorker>(kwargs, first, last - first, number));
  }
  wait_for_all();  // they have started side by side
}

void GymnasiumVecEnv::wait_for_all() {
  for (const auto& worker : workers_) worker->wait();
}

void GymnasiumVecEnv::reset(Observations& obs) {
  obs.resize(info_.num_envs, info_.obs_space);
  for (const auto& worker : workers_) {
    const SharedRows& rows = worker->rows();
    for (int row = 0; row < rows.rows(); ++row) {
      rows.chosen(row) = 1;
      if (!started_) states_[static_cast<std::size_t>(worker->first_row() + row)].seed(rows, row);
    }
    worker->begin(started_ ? Command::reset_chosen : Command::seed);
  }
  wait_for_all();
  started_ = true;
  for (const auto& worker : workers_) {
    const SharedRows& rows = worker->rows();
    for (int row = 0; row < rows.rows(); ++row) {
      const int at = worker->first_row() + row;
      states_[static_cast<std::size_t>(at)].started(rows, row);
      std::memcpy(obs.row_data(at), rows.obs(row), rows.obs_bytes());
    }
  }
}

void GymnasiumVecEnv::step(const Matrix& actions, StepResult& out) {
  ensure(actions.rows() == info_.num_envs && actions.cols() == info_.action_space.size(),
         "actions are (num_envs, action_dim)");
  out.resize(info_.num_envs, info_.obs_space);
  for (const auto& worker : workers_) {
    write_actions(*worker, actions);
    worker->begin(Command::step);
  }
  for (const auto& worker : workers_) {
    worker->wait();
    for (int row = 0; row < worker->rows().rows(); ++row) take_step(*worker, row, out);
  }
  out.end_episodes();
}

void GymnasiumVecEnv::write_actions(const GymnasiumWorker& worker, const Matrix& actions) const {
  const SharedRows& rows = worker.rows();
  for (int row = 0; row < rows.rows(); ++row) {
    const float* action = actions.row(worker.first_row() + row).data();
    if (info_.action_space.is_discrete())
      ensure(action[0] >= 0 && action[0] < static_cast<float>(info_.action_space.n), "a discrete action is an index");
    std::copy_n(action, rows.action_dim(), rows.action(row));
  }
}

void GymnasiumVecEnv::take_step(const GymnasiumWorker& worker, int row, StepResult& out) {
  const SharedRows& rows = worker.rows();
  const int at = worker.first_row() + row;
  RowState& state = states_[static_cast<std::size_t>(at)];
  state.stepped(rows, row);
  check_numbers(worker, row);
  out.rewards[at] = static_cast<float>(rows.reward(row));
  out.terminated[at] = rows.terminated(row) != 0;
  out.truncated[at] = rows.truncated(row) != 0;
  out.episode_return[at] = state.episode_return;
  out.episode_length[at] = state.episode_length;
  std::memcpy(out.next_obs.row_data(at), rows.next_obs(row), rows.obs_bytes());
  const bool is_over = out.terminated[at] || out.truncated[at];
  if (is_over) state.started(rows, row);
  std::memcpy(out.obs.row_data(at), is_over ? rows.obs(row) : rows.next_obs(row), rows.obs_bytes());
}

/// What is no number would be taken for a learning rate that is too high.
void GymnasiumVecEnv::check_numbers(const GymnasiumWorker& worker, int row) const {
  const SharedRows& rows = worker.rows();
  const int at = worker.first_row() + row;
  const auto refuse = [&](const char* what, double number) {
    throw Error(ExitCode::io, fmt::format("{}: environment {} gave {} of {} in step {} of its episode", info_.name, at,
                                          what, number, states_[static_cast<std::size_t>(at)].episode_length));
  };
  if (!std::isfinite(rows.reward(row))) refuse("a reward", rows.reward(row));
  if (info_.obs_space.of_bytes) return;
  const auto* const seen = reinterpret_cast<const float*>(rows.next_obs(row));
  for (std::size_t i = 0; i < rows.obs_bytes() / sizeof(float); ++i)
    if (!std::isfinite(seen[i])) refuse("an observation", seen[i]);
}

void GymnasiumVecEnv::serialize(Archive& archive) {
  archive("started", started_);
  for (std::size_t row = 0; row < states_.size(); ++row) archive(fmt::format("row{}", row), states_[row]);
  if (!archive.loading() || !started_) return;
  for (const RowState& state : states_) state.check(info_.action_space);
  remark_.clear();
  for (const auto& worker : workers_) repeat_episodes(*worker);
}

/// Rows that show something else than before go on from there: a start is the worst that they can be at.
void GymnasiumVecEnv::repeat_episodes(GymnasiumWorker& worker) {
  const SharedRows& rows = worker.rows();
  const auto state = [&](int row) -> RowState& { return states_[static_cast<std::size_t>(worker.first_row() + row)]; };
  for (int row = 0; row < rows.rows(); ++row) state(row).seed(rows, row);
  worker.ask(Command::seed);
  const std::vector<bool> ended_early = repeat_steps(worker);
  for (int row = 0; row < rows.rows(); ++row) rows.chosen(row) = ended_early[static_cast<std::size_t>(row)];
  if (std::ranges::find(ended_early, true) == ended_early.end()) return;
  worker.ask(Command::reset_chosen);
  for (int row = 0; row < rows.rows(); ++row)
    if (rows.chosen(row)) state(row).started(rows, row);
}

/// Returns which rows ended on the way, where they had not before.
std::vector<bool> GymnasiumVecEnv::repeat_steps(GymnasiumWorker& worker) {
  const SharedRows& rows = worker.rows();
  const auto n = static_cast<std::size_t>(rows.rows());
  std::vector<std::uint64_t> digests(n);
  std::vector<bool> ended(n, false);
  const auto state = [&](std::size_t row) -> RowState& {
    return states_[static_cast<std::size_t>(worker.first_row()) + row];
  };
  std::size_t num_steps = 0;
  for (std::size_t row = 0; row < n; ++row) {
    digests[row] = digest_of_start(rows, static_cast<int>(row));
    num_steps = std::max(num_steps, state(row).num_steps());
  }
  for (std::size_t step = 0; step < num_steps; ++step) {
    for (std::size_t row = 0; row < n; ++row) {
      const int at = static_cast<int>(row);
      rows.chosen(at) = step < state(row).num_steps() && !ended[row];
      if (rows.chosen(at)) state(row).repeat(rows, at, step);
    }
    worker.ask(Command::step_chosen);
    for (std::size_t row = 0; row < n; ++row) {
      const int at = static_cast<int>(row);
      if (!rows.chosen(at)) continue;
      digests[row] = digest_of_step(rows, at, digests[row]);
      ended[row] = rows.terminated(at) || rows.truncated(at);
    }
  }
  for (std::size_t row = 0; row < n; ++row) {
    if (digests[row] == state(row).digest()) continue;
    state(row).set_digest(digests[row]);
    if (remark_.empty())
      remark_ = fmt::format(
          "{} isn't the same twice: repeating the {} steps of the episode of environment {} showed something else than "
          "before. The run goes on, but no longer as it would have without the interruption (it draws from more than "
          "the generator that Gymnasium gives it; docs/environments.md)",
          info_.name, state(row).num_steps(), static_cast<std::size_t>(worker.first_row()) + row);
  }
  return ended;
}

}  // namespace slm
