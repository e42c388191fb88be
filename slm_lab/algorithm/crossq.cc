#include "slm_lab/algorithm/crossq.h"

#include "slm_lab/algorithm/off_policy_plan.h"
#include "slm_lab/algorithm/policy_net.h"
#include "slm_lab/net/dense_input.h"

namespace slm {
namespace {

class CrossQPlan final : public OffPolicyPlan<CrossQ, SoftConfig, ActorCriticNetConfig> {
 public:
  using OffPolicyPlan::OffPolicyPlan;

 private:
  void check_settings(const EnvInfo& info, AgentReader& agent) const override {
    check_soft_config(config(), info, agent);
    check_policy_net(nets().actor, config().action, info, agent.net);
    check_critic_net(nets().critic, info, agent.net);
  }
};

}  // namespace

std::unique_ptr<const AlgorithmPlan> read_crossq(AgentReader& agent) {
  const SoftConfig config = read_soft_config(agent.algorithm);
  return std::make_unique<CrossQPlan>(config, read_batch_renorm_net_config(agent.net), agent,
                                      /*keeps_last_of_task=*/true);
}

CrossQLearner::CrossQLearner(const SoftConfig& config, const ActorCriticNetConfig& nets, const EnvInfo& info,
                             const Streams& streams)
    : actor("CrossQ", config, nets.actor, info, streams),
      critics("CrossQ", nets.critic, actor.policy().critic_space(), actor.policy().critic_outputs(), streams) {}

// [q_i; q'_i] = Q_i([s, a; s', a']) in training, a' drawn by the policy;  y = r + gamma * V(s') with
// V(s') = min_i q'_i - alpha log pi(a'|s'), which has no gradient;  each critic: mean of loss(q_i, y). Where the task
// ended s' counts in the statistics of the batch, and in no target.
TwinLearners::Fit CrossQLearner::train_critics(const Batch& batch, Rng& rng) {
  const Eigen::Index n = batch.rewards.size();
  joint_.resize(2 * n, actor.policy().critic_space().size());
  write_dense_input(actor.policy().critic_inputs(batch.obs, batch.actions), joint_.topRows(n));
  write_dense_input(actor.look_ahead(batch.next_obs, rng), joint_.bottomRows(n));
  critics.forward_in_training(joint_);
  actor.values(critics.q_values(0).bottomRows(n), critics.q_values(1).bottomRows(n), next_values_);
  targets_ = batch.rewards + batch.discounts.cwiseProduct(next_values_);
  return critics.step(actor.policy().critic_columns(batch.actions), targets_, batch.draw.weights);
}

// J = mean of E_a[alpha log pi(a|s) - min_i Q_i(s, a)], the critics in evaluation. Discrete actions learn from the
// values of the batch that the critics have just seen.
void CrossQLearner::train_actor(const Batch& batch, Rng& rng, OffPolicyStats& stats) {
  actor.train(batch.obs, critics, rng, stats);
}

void CrossQLearner::advance(std::int64_t frame, bool trained, int /*num_envs*/) {
  actor.advance(frame, trained);
  critics.advance(frame, trained);
}

}  // namespace slm
