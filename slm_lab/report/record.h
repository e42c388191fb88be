#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

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
};

struct Column {
  std::string_view name;
  double SessionRow::*value;
  bool counter = false;   ///< a whole number
  bool optional = false;  ///< left out where no row has it
};

/// The columns of session_df in SLM-Lab's order, with its names.
inline constexpr std::array kColumns = {
    Column{"total_reward", &SessionRow::total_reward},
    Column{"total_reward_ma", &SessionRow::total_reward_ma},
    Column{"loss", &SessionRow::loss},
    Column{"fps", &SessionRow::fps},
    Column{"frame", &SessionRow::frame, true},
    Column{"wall_t", &SessionRow::wall_t},
    Column{"t", &SessionRow::t, true},
    Column{"epi", &SessionRow::epi, true},
    Column{"opt_step", &SessionRow::opt_step, true},
    Column{"lr", &SessionRow::lr},
    Column{"grad_norm", &SessionRow::grad_norm, false, true},
    Column{"explore_var", &SessionRow::explore_var, false, true},
    Column{"entropy_coef", &SessionRow::entropy_coef, false, true},
    Column{"clip_eps", &SessionRow::clip_eps, false, true},
    Column{"entropy", &SessionRow::entropy, false, true},
    Column{"alpha", &SessionRow::alpha, false, true},
};

/// What one session has to show for itself: its log points and its last 100 episodes. All of it travels in checkpoints,
/// so a resumed session continues to the same numbers.
class SessionRecord {
 public:
  explicit SessionRecord(int num_envs);

  /// A finished training episode of environment `row`; `episode_return` is the raw one.
  void add_episode(int row, double episode_return);
  /// A round of training; a NaN leaves the value of the round before.
  void add_training(double loss, double entropy, double grad_norm);

  /// Keeps a log point; fills in total_reward, total_reward_ma, epi, loss, entropy and grad_norm.
  const SessionRow& add_log_point(SessionRow row);
  /// Keeps the log point of an evaluation, whose mean return is `total_reward`; fills in total_reward_ma.
  const SessionRow& add_evaluation(SessionRow row, double total_reward);

  std::span<const SessionRow> rows() const { return rows_; }
  double total_reward() const;          ///< as the column, now; NaN before any episode has ended
  double episode_return_ma100() const;  ///< MA-100: mean of the last 100 finished episodes; NaN before the first
  std::int64_t episodes() const { return episodes_; }
  double best_total_reward_ma() const { return best_total_reward_ma_; }  ///< -inf before any

  void serialize(Archive& archive);

 private:
  const SessionRow& add(const SessionRow& row);

  std::vector<SessionRow> rows_;
  std::vector<double> last_returns_;          // (num_envs)  NaN before the row's first episode has ended
  std::array<double, 100> recent_returns_{};  // a ring: episode i is at i % 100
  std::int64_t episodes_ = 0;
  double loss_ = SessionRow::kNone, entropy_ = SessionRow::kNone, grad_norm_ = SessionRow::kNone;
  double best_total_reward_ma_ = -std::numeric_limits<double>::infinity();
};

}  // namespace slm
