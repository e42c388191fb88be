#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "slm_lab/memory/config.h"
#include "slm_lab/memory/rollout.h"

namespace slm {

/// Whole episodes of one environment; complete after `num_episodes` of them. With `cross_entropy` below 1 it then keeps
/// only those whose total reward is at least that quantile (the reference's OnPolicyCrossEntropy).
class OnPolicyReplay final : public OnPolicyMemory {
 public:
  OnPolicyReplay(int num_episodes, double cross_entropy, const EnvInfo& info);
  void add(const ObservationsView& obs, const Matrix& actions, const StepResult& step) override;
  bool ready() const override { return static_cast<int>(returns_.size()) == num_episodes_; }
  const Rollout& rollout() const override { return rollout_; }
  void clear() override;
  void serialize(Archive& archive) override;

 private:
  void keep_best();

  int num_episodes_;
  double cross_entropy_;
  Rollout rollout_;
  std::vector<double> returns_;             // of the complete episodes
  std::vector<std::int32_t> episode_ends_;  // one past the last row of each
  std::vector<double> sorted_;              // workspaces
  std::vector<std::int32_t> kept_;
};

/// The memory the spec names; `training_frequency` counts steps of every environment, or episodes.
std::unique_ptr<OnPolicyMemory> make_on_policy_memory(const MemoryConfig& config, int training_frequency,
                                                      const EnvInfo& info);

}  // namespace slm
