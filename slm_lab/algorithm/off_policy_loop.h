#pragma once

#include <cstdint>
#include <optional>

#include "slm_lab/algorithm/plan.h"
#include "slm_lab/algorithm/training_schedule.h"
#include "slm_lab/memory/replay.h"

namespace slm {

/// The keys that every off-policy algorithm has.
struct OffPolicyConfig {
  double gamma = 0.99;
  int training_frequency = 1;                       // frames
  std::optional<std::int64_t> training_start_step;  // absent: memory.batch_size
  int num_step_returns = 1;
  std::optional<int> training_iter;  // batches drawn each time; absent: num_envs
};
/// What the algorithms have of their own in these keys.
struct OffPolicyWords {
  const char* until_start;             ///< what happens until training_start_step, for the docs
  bool requires_training_iter = true;  ///< else num_envs where it is absent
};
OffPolicyConfig read_off_policy_config(SpecReader& algorithm, const OffPolicyWords& words);

/// The way of experience through an off-policy algorithm: into a replay, and once enough is there a batch at a time
/// back out of it, as often as the schedule says.
class OffPolicyLoop {
 public:
  OffPolicyLoop(const OffPolicyConfig& config, const ReplayConfig& replay, const EnvInfo& info);

  bool warming_up() const { return replay_.num_added() < schedule_.start_step; }  ///< too little was seen yet
  void observe(const ObservationsView& obs, const Matrix& actions, const StepResult& step) {
    replay_.add(obs, actions, step);
  }
  bool due() const { return schedule_.due(replay_.num_added()); }  ///< after observe(): time to train

  int num_batches() const { return num_batches_; }  ///< to be drawn when due

  /// Draws batch() with the importance weights of `frame`; rewards are summed over num_step_returns steps.
  void draw(Rng& rng, std::int64_t frame);
  const Batch& batch() const { return batch_; }
  /// `td_errors` (batch_size) of batch(), which become its priorities.
  void prioritize(const Vector& td_errors) { replay_.update_priorities(batch_.draw, td_errors); }

  int num_envs() const { return schedule_.num_envs; }
  void serialize(Archive& archive) { replay_.serialize(archive); }

 private:
  OffPolicyConfig config_;
  TrainingSchedule schedule_;
  int num_batches_;
  Replay replay_;
  Batch batch_;
};

/// How many batches are drawn, as often as the schedule allows.
TrainingRate batch_rate(const OffPolicyConfig& config, const ReplayConfig& replay, int num_envs);

}  // namespace slm
