#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "slm_lab/algorithm/algorithm.h"
#include "slm_lab/algorithm/off_policy_loop.h"
#include "slm_lab/algorithm/off_policy_stats.h"
#include "slm_lab/algorithm/plan.h"
#include "slm_lab/algorithm/soft_actor.h"
#include "slm_lab/algorithm/soft_config.h"
#include "slm_lab/algorithm/twin_learners.h"
#include "slm_lab/net/config.h"
#include "slm_lab/net/trainer.h"

namespace slm {

/// CrossQ (Bhatt et al. 2024): soft actor-critic without target nets. The critics are normalised over batches, and see
/// (s, a) and (s', a') as one batch, so that both are normalised by the same statistics. Actions as SAC's.
class CrossQ final : public Algorithm {
 public:
  CrossQ(const SoftConfig& config, const ReplayConfig& replay, const ActorCriticNetConfig& nets, const EnvInfo& info,
         const Streams& streams);

  void act(const ObservationsView& obs, ActMode mode, Rng& rng, Matrix& actions) override;
  ActionRange action_range() const override { return ActionRange::unit; }
  void observe(const ObservationsView& obs, const Matrix& actions, const StepResult& step) override;
  std::optional<TrainStats> update(std::int64_t frame, Rng& rng) override;

  std::int64_t opt_step() const override;
  Coefficients coefficients() const override;
  std::vector<NamedNet> nets() override;
  void share_work(ThreadPool& threads) override;
  void serialize(Archive& archive) override;

 private:
  TrainStats train(Rng& rng);
  void train_critics(Rng& rng, OffPolicyStats& stats);

  SoftConfig config_;
  SoftActor actor_;
  TwinLearners critics_;
  OffPolicyLoop loop_;
  std::int64_t frame_ = 0, iteration_ = 0;

  Matrix joint_;                  // (2 * batch_size, inputs of a critic)
  Vector next_values_, targets_;  // (batch_size)
};

/// Reads the settings of CrossQ.
std::unique_ptr<const AlgorithmPlan> read_crossq(AgentReader& agent);

}  // namespace slm
