#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "slm_lab/algorithm/algorithm.h"
#include "slm_lab/base/profile.h"
#include "slm_lab/base/rng.h"
#include "slm_lab/env/registry.h"
#include "slm_lab/env/vec_env.h"
#include "slm_lab/experiment/best_weights.h"
#include "slm_lab/experiment/evaluation.h"
#include "slm_lab/experiment/lab_spec.h"
#include "slm_lab/report/record.h"

namespace slm {

class Archive;
class ThreadPool;

/// One agent trained from one seed: the loop act, step, observe, update, record. It knows no files, processes or clocks
/// other than those that measure how long it took, so that what it computes is a function of spec and seed alone.
class Session {
 public:
  /// `pool` steps environments that are worth it (nullptr: none); results do not depend on it.
  Session(const LabSpec& spec, std::uint64_t trial, std::uint64_t session, ThreadPool* pool = nullptr);

  /// One step of every environment, and the training that is due. After it an evaluation may be due, then a log point.
  void step();
  bool finished() const { return frame_ >= spec_.env.max_frame; }

  /// The last step reached an evaluation (meta.rigorous_eval), which has not been kept yet.
  bool evaluation_due() const { return spec_.meta.rigorous_eval != 0 && due(spec_.meta.eval_frequency, eval_record_); }
  /// Evaluates and keeps the row. False, with nothing kept or changed, when it was stopped: it stays due.
  bool evaluate_now(const Stopped& stopped);

  /// The last step reached a log point, which has not been kept yet.
  bool log_point_due() const { return due(spec_.meta.log_frequency, record_); }
  /// Keeps and returns its row, and the nets if they are the best so far.
  const SessionRow& log_point();

  /// The final policy over 100 fresh greedy episodes with frozen statistics (D-100); nothing when it was stopped.
  std::optional<Evaluation> evaluate_final(const Stopped& stopped);

  /// The physics of a row diverged in the last step.
  bool diverged() const { return step_.diverged.any(); }
  std::string divergence() const;  ///< in which rows, for the user to know
  /// What a user should know of an environment that was restored; mostly nothing.
  std::string env_remark() const { return env_->remark(); }

  std::int64_t frame() const { return frame_; }
  double seconds() const;  ///< wall-clock of training, earlier runs of a resumed session included
  /// How those divide, as far as profile() was that of the thread (ProfiledThread); the rest is Phase::other.
  PhaseSeconds phase_seconds() const;
  Profile& profile() { return profile_; }
  const SessionRecord& record() const { return record_; }
  const SessionRecord& eval_record() const { return eval_record_; }
  Algorithm& algorithm() { return *algorithm_; }
  EnvStatistics& env_statistics() { return env_statistics_; }
  BestWeights& best_weights() { return best_weights_; }

  /// Everything that the rest of the run depends on.
  void serialize(Archive& archive);

 private:
  /// The last step reached or passed a multiple of `frequency`, or the end, and `record` has no row of it yet.
  bool due(std::int64_t frequency, const SessionRecord& record) const {
    if (frame_ == 0 || (frame_ % frequency >= num_envs_ && !finished())) return false;
    return record.rows().empty() || record.rows().back().frame != static_cast<double>(frame_);
  }
  SessionRow row_now() const;
  double seconds_here() const;  // of this run

  const LabSpec spec_;
  ThreadPool* pool_;
  Streams streams_;
  EnvStatistics env_statistics_;
  std::unique_ptr<VecEnv> env_;
  const int num_envs_;
  std::unique_ptr<Algorithm> algorithm_;
  ActionScale action_scale_;
  Rng action_rng_, update_rng_;
  SessionRecord record_, eval_record_;
  BestWeights best_weights_;

  std::int64_t frame_ = 0;  // environment steps over all rows
  std::int64_t t_ = 0;      // steps of the vector
  Observations obs_;
  Matrix actions_;
  StepResult step_;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  Profile profile_;  // of the time since then
  PhaseSeconds earlier_seconds_{};
};

}  // namespace slm
