#pragma once

#include <cstdint>
#include <vector>

#include "slm_lab/env/vec_env.h"
#include "slm_lab/memory/row_sampler.h"
#include "slm_lab/memory/row_store.h"

namespace slm {

/// Steps of past episodes drawn from an ImitationReplay, n = batch_size rows.
struct ImitationBatch {
  Draw draw;
  Observations obs;  // (n, obs_dim)
  Matrix actions;    // (n, action_dim)
  Vector returns;    // (n)  the discounted rewards that followed, to the end of the episode
};

/// What self-imitation learns from: every step of finished episodes with the return that it led to, computed when its
/// episode ends. Where the clock ended it the critic's value of the last observation stands for what would have come:
/// 0 would be above the truth where rewards are negative, and imitation wants what was better than expected. Rows are
/// kept raw and scaled when drawn, as those of Replay.
class ImitationReplay {
 public:
  ImitationReplay(const ReplayConfig& config, float gamma, const EnvInfo& info);

  /// One step of every environment. `final_values` (num_envs, or longer): the value of next_obs, read where the clock
  /// cut an episode.
  void add(const ObservationsView& obs, const Matrix& actions, const StepResult& step, const Vector& final_values);
  std::int64_t size() const { return sampler_.size(); }  ///< steps of finished episodes
  void sample(Rng& rng, std::int64_t frame, ImitationBatch& batch);
  void update_priorities(const Draw& draw, const Eigen::Ref<const Vector>& errors) {
    sampler_.update_priorities(draw, errors);
  }
  void serialize(Archive& archive);

 private:
  void close(RowStore& episode, float value_after);

  float gamma_;
  Space obs_space_;
  int action_dim_;
  Scaling scaling_;
  RowSampler sampler_;
  RowStore steps_;                  // obs; action, return
  std::vector<RowStore> running_;   // one per environment: obs; action, reward
  std::vector<float> returns_;      // of the episode that ends; as long as the longest so far
  std::vector<std::byte> one_obs_;  // on its way
};

/// Bytes that a full one takes, with the longest episodes running in every environment; where those have no limit, as
/// Atari's, with episodes of 5000 steps, so that it may take more.
std::int64_t imitation_replay_bytes(const ReplayConfig& config, const EnvInfo& info);

}  // namespace slm
