#pragma once

#include <memory>

#include "slm_lab/algorithm/algorithm.h"
#include "slm_lab/algorithm/exploration.h"
#include "slm_lab/algorithm/plan.h"
#include "slm_lab/algorithm/q_values.h"
#include "slm_lab/memory/config.h"
#include "slm_lab/memory/rollout.h"
#include "slm_lab/net/config.h"
#include "slm_lab/net/trainer.h"

namespace slm {

struct SarsaConfig {
  ActionConfig action;
  double gamma = 0.99;
  int training_frequency = 32;  // episodes (OnPolicyReplay) or steps of every environment (OnPolicyBatchReplay)
};

/// SARSA (Rummery and Niranjan 1994): Q(s, a) towards r + gamma Q(s', a'), with the next action that was taken.
class Sarsa final : public Algorithm {
 public:
  Sarsa(const SarsaConfig& config, const MemoryConfig& memory, const NetConfig& net, const EnvInfo& info,
        const Streams& streams);

  void act(const ObservationsView& obs, ActMode mode, Rng& rng, Matrix& actions) override;
  void observe(const ObservationsView& obs, const Matrix& actions, const StepResult& step) override;
  std::optional<TrainStats> update(std::int64_t frame, Rng& rng) override;

  std::int64_t opt_step() const override { return trainer_.opt_step(); }
  Coefficients coefficients() const override;
  std::vector<NamedNet> nets() override { return {{"net", &trainer_.net()}}; }
  void serialize(Archive& archive) override;

 private:
  TrainStats train(Rng& rng);
  void advance(std::int64_t frame, bool trained);

  SarsaConfig config_;
  Exploration exploration_;
  Trainer trainer_;
  std::unique_ptr<OnPolicyMemory> memory_;
  QLoss loss_;
  std::int64_t frame_ = 0;

  Matrix final_actions_;          // chosen on the rollout's final observations
  Vector values_, final_values_;  // Q of the actions taken and of those; may be longer
  Vector targets_, ones_;         // (rows); may be longer
  Matrix next_values_;            // (num_steps, num_envs)
};

/// Reads the settings of SARSA.
std::unique_ptr<const AlgorithmPlan> read_sarsa(AgentReader& agent);

}  // namespace slm
