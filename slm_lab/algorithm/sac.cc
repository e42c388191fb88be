#include "slm_lab/algorithm/sac.h"

#include "slm_lab/algorithm/off_policy_plan.h"
#include "slm_lab/algorithm/policy_net.h"

namespace slm {
namespace {

class SacPlan final : public OffPolicyPlan<Sac, SoftConfig> {
 public:
  using OffPolicyPlan::OffPolicyPlan;

 private:
  void check_settings(const EnvInfo& info, AgentReader& agent) const override {
    check_soft_config(config(), info, agent);
    check_policy_net(nets(), config().action, info, agent.net);
    check_critic_net(nets(), info, agent.net);
  }
};

}  // namespace

std::unique_ptr<const AlgorithmPlan> read_sac(AgentReader& agent) {
  const SoftConfig config = read_soft_config(agent.algorithm);
  return std::make_unique<SacPlan>(config, read_net_config(agent.net, kEveryNetUse), agent);
}

SacLearner::SacLearner(const SoftConfig& config, const NetConfig& net, const EnvInfo& info, const Streams& streams)
    : actor("SoftActorCritic", config, net, info, streams),
      critics("SoftActorCritic", net, actor.policy().critic_space(), actor.policy().critic_outputs(), streams) {}

// Each critic: mean of loss(Q_i(s, a), y), eq. 5.
TwinLearners::Fit SacLearner::train_critics(const Batch& batch, Rng& rng) {
  bootstrap(batch, rng);
  return critics.fit(actor.policy().critic_inputs(batch.obs, batch.actions),
                     actor.policy().critic_columns(batch.actions), targets_, batch.draw.weights);
}

// y = r + gamma * V(s'),  V(s') = E_{a'}[min_i Q_target_i(s', a') - alpha log pi(a'|s')], eq. 3.
void SacLearner::bootstrap(const Batch& batch, Rng& rng) {
  const ObservationsView next = actor.look_ahead(batch.next_obs, rng);
  const auto& [q1, q2] = critics.target_values(next);
  actor.values(q1, q2, next_values_);
  targets_ = batch.rewards + batch.discounts.cwiseProduct(next_values_);
}

// J = mean of E_a[alpha log pi(a|s) - min_i Q_i(s, a)], eq. 7 and 9.
void SacLearner::train_actor(const Batch& batch, Rng& rng, OffPolicyStats& stats) {
  actor.train(batch.obs, critics.online(), rng, stats);
  critics.follow();
}

void SacLearner::advance(std::int64_t frame, bool trained, int num_envs) {
  actor.advance(frame, trained);
  critics.advance(frame, trained, num_envs);
}

}  // namespace slm
