#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "slm_lab/env/vec_env.h"
#include "slm_lab/memory/obs_store.h"
#include "slm_lab/memory/row_sampler.h"

namespace slm {

/// Steps of past episodes drawn from an ImitationReplay, n = batch_size rows.
struct ImitationBatch {
  Draw draw;
  Matrix obs;      // (n, obs_dim)
  Matrix actions;  // (n, action_dim)
  Vector returns;  // (n)  the discounted rewards that followed, to the end of the episode
};

/// What self-imitation learns from: every step of finished episodes with the return that it led to, computed when its
/// episode ends. Where the clock ended it nothing is added for what might have come: the return is then a lower bound,
/// which is what imitation needs.
class ImitationReplay {
 public:
  ImitationReplay(const ReplayConfig& config, float gamma, const EnvInfo& info);

  /// One step of every environment.
  void add(const Matrix& obs, const Matrix& actions, const StepResult& step);
  std::int64_t size() const { return sampler_.size(); }  ///< steps of finished episodes
  void sample(Rng& rng, std::int64_t frame, ImitationBatch& batch);
  void update_priorities(const Draw& draw, const Eigen::Ref<const Vector>& errors) {
    sampler_.update_priorities(draw, errors);
  }
  void serialize(Archive& archive);

 private:
  struct Episode {
    explicit Episode(ObsStore store) : obs(std::move(store)) {}
    ObsStore obs;
    std::vector<float> actions, rewards;
    void serialize(Archive& archive);
  };
  void close(Episode& episode);

  float gamma_;
  int obs_dim_, action_dim_;
  RowSampler sampler_;
  ObsStore obs_;  // (rows written so far, ...), as all here
  std::vector<float> actions_, returns_;
  std::vector<Episode> running_;  // one per environment
  std::vector<float> one_obs_;    // (obs_dim)  on its way
};

/// Bytes that a full one takes, besides the episodes that run.
std::int64_t imitation_replay_bytes(const ReplayConfig& config, const EnvInfo& info);

}  // namespace slm
