#pragma once

#include <memory>

#include "slm_lab/algorithm/algorithm.h"
#include "slm_lab/algorithm/plan.h"

namespace slm {

/// The baseline: actions drawn from the action space; learns nothing.
class Random final : public Algorithm {
 public:
  explicit Random(const EnvInfo& info) : action_space_(info.action_space) {}

  void act(const ObservationsView& obs, ActMode mode, Rng& rng, Matrix& actions) override;
  void observe(const ObservationsView&, const Matrix&, const StepResult&) override {}
  std::optional<TrainStats> update(std::int64_t, Rng&) override { return std::nullopt; }

  std::int64_t opt_step() const override { return 0; }
  Coefficients coefficients() const override { return {}; }
  std::vector<NamedNet> nets() override { return {}; }
  void serialize(Archive&) override {}

 private:
  Space action_space_;
};

/// The settings of Random: none.
std::unique_ptr<const AlgorithmPlan> read_random(AgentReader& agent);

}  // namespace slm
