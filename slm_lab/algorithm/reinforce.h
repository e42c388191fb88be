#pragma once

#include <memory>
#include <optional>
#include <string>

#include "slm_lab/algorithm/algorithm.h"
#include "slm_lab/algorithm/exploration.h"
#include "slm_lab/algorithm/plan.h"
#include "slm_lab/algorithm/schedule.h"
#include "slm_lab/memory/config.h"
#include "slm_lab/memory/rollout.h"
#include "slm_lab/net/config.h"
#include "slm_lab/net/trainer.h"

namespace slm {

struct ReinforceConfig {
  ActionConfig action;
  double gamma = 0.99;
  int training_frequency = 1;  // episodes (OnPolicyReplay) or steps of every environment (OnPolicyBatchReplay)
  bool center_return = false;
  std::string normalize_advantages = "none";
  std::optional<Schedule> entropy_coef_spec;
  double policy_loss_coef = 1;
};

/// REINFORCE (Williams 1992): the gradient of log pi(a|s), weighted by the return that followed.
class Reinforce final : public Algorithm {
 public:
  Reinforce(const ReinforceConfig& config, const MemoryConfig& memory, const NetConfig& net, const EnvInfo& info,
            const Streams& streams);

  void act(const ObservationsView& obs, ActMode mode, Rng& rng, Matrix& actions) override;
  ModeAction mode_action() const override { return exploration_.distribution().mode_action(); }
  void observe(const ObservationsView& obs, const Matrix& actions, const StepResult& step) override;
  std::optional<TrainStats> update(std::int64_t frame, Rng& rng) override;

  std::int64_t opt_step() const override { return trainer_.opt_step(); }
  Coefficients coefficients() const override;
  std::vector<NamedNet> nets() override { return {{"net", &trainer_.net()}}; }
  void serialize(Archive& archive) override;

 private:
  TrainStats train();
  void advance(std::int64_t frame, bool trained);

  ReinforceConfig config_;
  Exploration exploration_;
  Trainer trainer_;
  std::unique_ptr<OnPolicyMemory> memory_;
  std::int64_t frame_ = 0;

  Matrix returns_, no_next_values_;  // (num_steps, num_envs)
  Vector d_log_probs_;               // (rows); may be longer
  Matrix d_outputs_;                 // (rows, num_outputs); may be longer
};

/// Reads the settings of Reinforce.
std::unique_ptr<const AlgorithmPlan> read_reinforce(AgentReader& agent);

}  // namespace slm
