#include "slm_lab/algorithm/crossq.h"

#include "slm_lab/algorithm/off_policy_plan.h"
#include "slm_lab/algorithm/policy_net.h"
#include "slm_lab/base/archive.h"
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
    check_net(nets().critic, info, agent.net, "critic_");
  }
};

}  // namespace

std::unique_ptr<const AlgorithmPlan> read_crossq(AgentReader& agent) {
  const SoftConfig config = read_soft_config(agent.algorithm);
  return std::make_unique<CrossQPlan>(config, read_batch_renorm_net_config(agent.net), agent,
                                      /*keeps_last_of_task=*/true);
}

CrossQ::CrossQ(const SoftConfig& config, const ReplayConfig& replay, const ActorCriticNetConfig& nets,
               const EnvInfo& info, const Streams& streams)
    : config_(config),
      actor_("CrossQ", config, nets.actor, info, streams),
      critics_("CrossQ", nets.critic, actor_.policy().critic_space(), actor_.policy().critic_outputs(), streams),
      loop_(config.loop, replay, info),
      joint_(2 * replay.batch_size, actor_.policy().critic_space().size()) {
  for (Vector* v : {&next_values_, &targets_}) v->resize(replay.batch_size);
}

void CrossQ::act(const ObservationsView& obs, ActMode mode, Rng& rng, Matrix& actions) {
  actor_.act(obs, /*uniformly=*/mode == ActMode::train && loop_.warming_up(), mode, frame_, rng, actions);
}

void CrossQ::observe(const ObservationsView& obs, const Matrix& actions, const StepResult& step) {
  loop_.observe(obs, actions, step);
}

std::optional<TrainStats> CrossQ::update(std::int64_t frame, Rng& rng) {
  std::optional<TrainStats> stats;
  if (loop_.due()) stats = train(rng);
  frame_ = frame;
  actor_.advance(frame, stats.has_value());
  critics_.advance(frame, stats.has_value());
  return stats;
}

TrainStats CrossQ::train(Rng& rng) {
  OffPolicyStats sums;
  for (int i = 0; i < loop_.num_batches(); ++i) {
    loop_.draw(rng, frame_);
    train_critics(rng, sums);
    if (++iteration_ % config_.policy_delay != 0) continue;
    // J = mean of E_a[alpha log pi(a|s) - min_i Q_i(s, a)], the critics in evaluation. Discrete actions learn from the
    // values of the batch that the critics have just seen.
    actor_.train(loop_.batch().obs, critics_, critics_.min_q(), rng, sums);
  }
  TrainStats stats = sums.means();
  stats.entropy = actor_.entropy();
  return stats;
}

// [q_i; q'_i] = Q_i([s, a; s', a']) in training, a' drawn by the policy;  y = r + gamma * V(s') with
// V(s') = min_i q'_i - alpha log pi(a'|s'), which has no gradient;  each critic: mean of loss(q_i, y). Where the task
// ended s' counts in the statistics of the batch, and in no target.
void CrossQ::train_critics(Rng& rng, OffPolicyStats& stats) {
  const Batch& batch = loop_.batch();
  const Eigen::Index n = targets_.size();
  write_dense_input(actor_.policy().critic_inputs(batch.obs, batch.actions), joint_.topRows(n));
  write_dense_input(actor_.look_ahead(batch.next_obs, rng), joint_.bottomRows(n));
  critics_.forward_in_training(joint_);
  actor_.values(critics_.q_values(0).bottomRows(n), critics_.q_values(1).bottomRows(n), next_values_);
  targets_ = batch.rewards + batch.discounts.cwiseProduct(next_values_);
  stats.add_critics(critics_.step(actor_.policy().critic_columns(batch.actions), targets_, batch.draw.weights));
  loop_.prioritize(critics_.td_errors());
}

void CrossQ::share_work(ThreadPool& threads) {
  actor_.net().share_work(threads);
  critics_.share_work(threads);
}

std::int64_t CrossQ::opt_step() const { return actor_.opt_step() + critics_.opt_step(); }

Coefficients CrossQ::coefficients() const {
  return {.lr = (actor_.lr() + 2 * critics_.lr()) / 3, .alpha = actor_.alpha()};
}

std::vector<NamedNet> CrossQ::nets() {
  std::vector<NamedNet> nets{{"net", &actor_.net()}};
  critics_.append_nets(nets);
  return nets;
}

void CrossQ::serialize(Archive& archive) {
  actor_.serialize(archive);
  archive("critics", critics_);
  archive("replay", loop_);
  archive("frame", frame_);
  archive("iteration", iteration_);
}

}  // namespace slm
