#include "slm_lab/algorithm/sac.h"

#include "slm_lab/algorithm/divergence.h"
#include "slm_lab/algorithm/off_policy_plan.h"
#include "slm_lab/algorithm/policy_net.h"
#include "slm_lab/base/archive.h"

namespace slm {
namespace {

class SacPlan final : public OffPolicyPlan<Sac, SoftConfig> {
 public:
  using OffPolicyPlan::OffPolicyPlan;

 private:
  void check_settings(const EnvInfo& info, AgentReader& agent) const override {
    check_soft_config(config(), info, agent);
    check_policy_net(nets(), config().action, info, agent.net);
  }
};

}  // namespace

std::unique_ptr<const AlgorithmPlan> read_sac(AgentReader& agent) {
  const SoftConfig config = read_soft_config(agent.algorithm);
  return std::make_unique<SacPlan>(config, read_net_config(agent.net, kEveryNetUse), agent);
}

Sac::Sac(const SoftConfig& config, const ReplayConfig& replay, const NetConfig& net, const EnvInfo& info,
         const Streams& streams)
    : config_(config),
      policy_(make_soft_policy(config.action, info)),
      actor_(make_policy_net(net, info, streams), net),
      critics_("SoftActorCritic", net, policy_->critic_space(), policy_->critic_outputs(), streams),
      temperature_(config.temperature, net.optim_spec, target_entropy(config, info.action_space)),
      loop_(config.loop, replay, info) {
  for (Vector* v : {&next_values_, &targets_}) v->resize(replay.batch_size);
}

void Sac::act(const ObservationsView& obs, ActMode mode, Rng& rng, Matrix& actions) {
  if (mode == ActMode::train && loop_.warming_up())
    policy_->act_uniformly(obs.rows(), rng, actions);
  else
    policy_->act(actor_.infer(obs), mode, frame_, rng, actions);
}

void Sac::observe(const ObservationsView& obs, const Matrix& actions, const StepResult& step) {
  loop_.observe(obs, actions, step);
}

std::optional<TrainStats> Sac::update(std::int64_t frame, Rng& rng) {
  std::optional<TrainStats> stats;
  if (loop_.due()) stats = train(rng);
  frame_ = frame;
  actor_.advance(frame, stats.has_value());
  critics_.advance(frame, stats.has_value(), loop_.num_envs());
  return stats;
}

TrainStats Sac::train(Rng& rng) {
  OffPolicyStats sums;
  for (int i = 0; i < loop_.num_batches(); ++i) {
    loop_.draw(rng, frame_);
    bootstrap(rng);
    train_critics(sums);
    if (++iteration_ % config_.policy_delay != 0) continue;
    train_actor(rng, sums);
    temperature_.train(entropy_, actor_.lr());
    critics_.follow();
  }
  TrainStats stats = sums.means();
  stats.entropy = entropy_;
  return stats;
}

// y = r + gamma * V(s'),  V(s') = E_{a'}[min_i Q_target_i(s', a') - alpha log pi(a'|s')], eq. 3.
void Sac::bootstrap(Rng& rng) {
  const Batch& batch = loop_.batch();
  const ObservationsView next = policy_->look_ahead(actor_.infer(batch.next_obs), batch.next_obs, rng);
  const auto [q1, q2] = critics_.targets();
  policy_->values(q1->infer(next), q2->infer(next), temperature_.alpha(), next_values_);
  targets_ = batch.rewards + batch.discounts.cwiseProduct(next_values_);
}

// Each critic: mean of loss(Q_i(s, a), y), eq. 5.
void Sac::train_critics(OffPolicyStats& stats) {
  const Batch& batch = loop_.batch();
  stats.add_critics(critics_.fit(policy_->critic_inputs(batch.obs, batch.actions),
                                 policy_->critic_columns(batch.actions), targets_, batch.draw.weights));
  loop_.prioritize(critics_.td_errors());
}

// J = mean of E_a[alpha log pi(a|s) - min_i Q_i(s, a)], eq. 7 and 9.
void Sac::train_actor(Rng& rng, OffPolicyStats& stats) {
  const Batch& batch = loop_.batch();
  const double loss = policy_->loss(actor_.forward(batch.obs), batch.obs, critics_.online(), critics_.min_q(),
                                    temperature_.alpha(), rng);
  require_finite(loss, "SoftActorCritic", "policy loss");
  entropy_ = policy_->entropy();
  actor_.backward(policy_->d_outputs());
  const float norm = actor_.step();
  require_finite(norm, "SoftActorCritic", "policy gradient");
  stats.add_actor(loss, norm);
}

std::int64_t Sac::opt_step() const { return actor_.opt_step() + critics_.opt_step(); }

Coefficients Sac::coefficients() const {
  return {.lr = (actor_.lr() + 2 * critics_.lr()) / 3, .alpha = temperature_.alpha()};
}

std::vector<NamedNet> Sac::nets() {
  std::vector<NamedNet> nets{{"net", &actor_.net()}};
  critics_.append_nets(nets);
  return nets;
}

void Sac::serialize(Archive& archive) {
  archive("actor", actor_);
  archive("critics", critics_);
  archive("temperature", temperature_);
  archive("replay", loop_);
  archive("frame", frame_);
  archive("iteration", iteration_);
  archive("entropy", entropy_);
}

}  // namespace slm
