#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include "slm_lab/base/changed_blocks.h"

namespace slm {

class Archive;

/// One log point of a session: what the columns of session_df are; docs/metrics.md explains each. NaN: has none.
struct SessionRow {
  static constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  double total_reward = kNone;     ///< mean over rows (environments) of the last finished return of those that have one
  double total_reward_ma = kNone;  ///< mean of total_reward over the last 100 log points, this one included
  double loss = kNone;             ///< the latest round of training
  double fps = 0;                  ///< frame / wall_t
  double frame = 0;                ///< environment steps over all rows
  double wall_t = 0;               ///< seconds of training
  double t = 0;                    ///< steps of the vector of environments
  double epi = 0;                  ///< finished training episodes
  double opt_step = 0;             ///< optimiser steps, counted per net
  double lr = kNone;
  double grad_norm = kNone;
  double explore_var = kNone;
  double entropy_coef = kNone;
  double clip_eps = kNone;
  double entropy = kNone;
  double alpha = kNone;
  double episode_length = kNone;  ///< mean over rows of the length of the last finished episode
  double policy_loss = kNone;
  double value_loss = kNone;
  double explained_variance = kNone;
  double kl = kNone;
  double clip_fraction = kNone;
  double q_value = kNone;
  double td_error = kNone;
  double eval_episodes = kNone;  ///< of an evaluation: how many episodes total_reward is the mean of
};

struct Column {
  std::string_view name;
  double SessionRow::*value;
  bool counter = false;   ///< a whole number
  bool optional = false;  ///< left out where no row has it
  bool training = false;  ///< reported by a round of training; a log point shows the newest
};

/// The columns of session_df: SLM-Lab's in its order and with its names, then ours.
inline constexpr std::array kColumns = {
    Column{"total_reward", &SessionRow::total_reward},
    Column{"total_reward_ma", &SessionRow::total_reward_ma},
    Column{"loss", &SessionRow::loss, false, false, true},
    Column{"fps", &SessionRow::fps},
    Column{"frame", &SessionRow::frame, true},
    Column{"wall_t", &SessionRow::wall_t},
    Column{"t", &SessionRow::t, true},
    Column{"epi", &SessionRow::epi, true},
    Column{"opt_step", &SessionRow::opt_step, true},
    Column{"lr", &SessionRow::lr},
    Column{"grad_norm", &SessionRow::grad_norm, false, true, true},
    Column{"explore_var", &SessionRow::explore_var, false, true},
    Column{"entropy_coef", &SessionRow::entropy_coef, false, true},
    Column{"clip_eps", &SessionRow::clip_eps, false, true},
    Column{"entropy", &SessionRow::entropy, false, true, true},
    Column{"alpha", &SessionRow::alpha, false, true},
    Column{"episode_length", &SessionRow::episode_length, false, true},
    Column{"policy_loss", &SessionRow::policy_loss, false, true, true},
    Column{"value_loss", &SessionRow::value_loss, false, true, true},
    Column{"explained_variance", &SessionRow::explained_variance, false, true, true},
    Column{"kl", &SessionRow::kl, false, true, true},
    Column{"clip_fraction", &SessionRow::clip_fraction, false, true, true},
    Column{"q_value", &SessionRow::q_value, false, true, true},
    Column{"td_error", &SessionRow::td_error, false, true, true},
    Column{"eval_episodes", &SessionRow::eval_episodes, true, true},
};

/// The values of one column, row by row.
std::vector<double> column(std::span<const SessionRow> rows, double SessionRow::*value);

/// What one session has to show for itself: its log points and its last 100 episodes. All of it travels in checkpoints,
/// so a resumed session continues to the same numbers.
class SessionRecord {
 public:
  explicit SessionRecord(int num_envs);

  /// A finished training episode of environment `row`: its raw return and its steps.
  void add_episode(int row, double episode_return, double length);
  /// A round of training: the columns marked `training` of `round` count; a NaN leaves the value of the round before.
  void add_training(const SessionRow& round);

  /// Keeps a log point; fills in what episodes and training have told: total_reward, total_reward_ma, epi,
  /// episode_length and the columns marked `training`.
  const SessionRow& add_log_point(SessionRow row);
  /// Keeps the log point of an evaluation, which says total_reward and eval_episodes; fills in total_reward_ma.
  const SessionRow& add_evaluation(const SessionRow& row) { return add(row); }

  std::span<const SessionRow> rows() const { return rows_; }
  double total_reward() const;          ///< as the column, now; NaN before any episode has ended
  double episode_return_ma100() const;  ///< MA-100: mean of the last 100 finished episodes; NaN before the first
  std::int64_t episodes() const { return episodes_; }
  double best_total_reward_ma() const { return best_total_reward_ma_; }  ///< -inf before any

  void serialize(Archive& archive);

 private:
  const SessionRow& add(const SessionRow& row);
  void serialize_rows(Archive& archive);
  void read_columns(Archive& archive);

  std::vector<SessionRow> rows_;
  ChangedBlocks changed_rows_;  // since the last checkpoint, which so costs what is new and not the length of the run
  // (num_envs)  of the row's last finished episode; NaN before its first has ended
  std::vector<double> last_returns_, last_lengths_;
  std::array<double, 100> recent_returns_{};  // a ring: episode i is at i % 100
  std::int64_t episodes_ = 0;
  SessionRow training_;  // the newest of each column marked `training`
  double best_total_reward_ma_ = -std::numeric_limits<double>::infinity();
};

}  // namespace slm
