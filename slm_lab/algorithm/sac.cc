#include "slm_lab/algorithm/sac.h"

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
      actor_("SoftActorCritic", config, net, info, streams),
      critics_("SoftActorCritic", net, actor_.policy().critic_space(), actor_.policy().critic_outputs(), streams),
      loop_(config.loop, replay, info) {
  for (Vector* v : {&next_values_, &targets_}) v->resize(replay.batch_size);
}

void Sac::act(const ObservationsView& obs, ActMode mode, Rng& rng, Matrix& actions) {
  actor_.act(obs, /*uniformly=*/mode == ActMode::train && loop_.warming_up(), mode, frame_, rng, actions);
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
    // J = mean of E_a[alpha log pi(a|s) - min_i Q_i(s, a)], eq. 7 and 9.
    actor_.train(loop_.batch().obs, critics_.online(), critics_.min_q(), rng, sums);
    critics_.follow();
  }
  TrainStats stats = sums.means();
  stats.entropy = actor_.entropy();
  return stats;
}

// y = r + gamma * V(s'),  V(s') = E_{a'}[min_i Q_target_i(s', a') - alpha log pi(a'|s')], eq. 3.
void Sac::bootstrap(Rng& rng) {
  const Batch& batch = loop_.batch();
  const ObservationsView next = actor_.look_ahead(batch.next_obs, rng);
  const auto& [q1, q2] = critics_.target_values(next);
  actor_.values(q1, q2, next_values_);
  targets_ = batch.rewards + batch.discounts.cwiseProduct(next_values_);
}

// Each critic: mean of loss(Q_i(s, a), y), eq. 5.
void Sac::train_critics(OffPolicyStats& stats) {
  const Batch& batch = loop_.batch();
  stats.add_critics(critics_.fit(actor_.policy().critic_inputs(batch.obs, batch.actions),
                                 actor_.policy().critic_columns(batch.actions), targets_, batch.draw.weights));
  loop_.prioritize(critics_.td_errors());
}

void Sac::share_work(ThreadPool& threads) {
  actor_.net().share_work(threads);
  critics_.share_work(threads);
}

std::int64_t Sac::opt_step() const { return actor_.opt_step() + critics_.opt_step(); }

Coefficients Sac::coefficients() const {
  return {.lr = (actor_.lr() + 2 * critics_.lr()) / 3, .alpha = actor_.alpha()};
}

std::vector<NamedNet> Sac::nets() {
  std::vector<NamedNet> nets{{"net", &actor_.net()}};
  critics_.append_nets(nets);
  return nets;
}

void Sac::serialize(Archive& archive) {
  actor_.serialize(archive);
  archive("critics", critics_);
  archive("replay", loop_);
  archive("frame", frame_);
  archive("iteration", iteration_);
}

}  // namespace slm
