#include "slm_lab/algorithm/random.h"

#include "slm_lab/algorithm/exploration.h"
#include "slm_lab/memory/config.h"

namespace slm {
namespace {

class RandomPlan final : public AlgorithmPlan {
 public:
  explicit RandomPlan(AgentReader& agent) {
    agent.algorithm.inert("training_frequency", "Random does not train");
    read_memory_config(agent.memory);  // any will do
  }
  double gamma() const override { return 0.99; }  // the reference's default, for reward normalisation
  TrainingRate training_rate(int) const override { return {}; }
  void check(const EnvInfo&, AgentReader&) const override {}
  std::unique_ptr<Algorithm> make(const EnvInfo& info, const Streams&) const override {
    return std::make_unique<Random>(info);
  }
};

}  // namespace

std::unique_ptr<const AlgorithmPlan> read_random(AgentReader& agent) { return std::make_unique<RandomPlan>(agent); }

void Random::act(const ObservationsView& obs, ActMode, Rng& rng, Matrix& actions) {
  actions.resize(obs.rows(), action_space_.size());
  sample_space(action_space_, rng, actions);
}

}  // namespace slm
