#include "slm_lab/algorithm/sac.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "slm_lab/algorithm/divergence.h"
#include "slm_lab/algorithm/off_policy_plan.h"
#include "slm_lab/algorithm/policy_net.h"
#include "slm_lab/base/archive.h"

namespace slm {
namespace {

// The reference's 0.98 log(A) keeps a policy all but uniform once the temperature moves the right way; its later
// versions use 0.6 as well.
constexpr double kDiscreteEntropyShare = 0.6;

double target_entropy(const SacConfig& config, const Space& action_space) {
  if (const auto* number = std::get_if<double>(&config.target_entropy)) return *number;
  if (action_space.is_discrete()) return kDiscreteEntropyShare * std::log(action_space.n);
  return -action_space.size();
}

SacConfig read_config(SpecReader& reader) {
  SacConfig c;
  c.action = read_action_config(reader);
  c.loop = read_off_policy_config(
      reader,
      {.until_start = "until then actions are drawn uniformly and nothing is trained; default: memory.batch_size",
       .requires_training_iter = false});
  reader.read("policy_delay", c.policy_delay, "critic updates per update of actor, temperature and targets",
              at_least(1));
  reader.read("target_entropy", c.target_entropy,
              "entropy that the temperature holds, in nats; auto: 0.6 log(number of actions), or minus the action "
              "dimensions");
  if (const auto* text = std::get_if<std::string>(&c.target_entropy); text && *text != "auto")
    reader.problem("target_entropy", "expected \"auto\" or a number");
  read_temperature_config(reader, c.temperature);
  return c;
}

// Outside, the temperature would run to one of its bounds and stay there.
void check_target_entropy(const SacConfig& config, const EnvInfo& info, SpecReader& algorithm) {
  const auto* target = std::get_if<double>(&config.target_entropy);
  if (!target) return;
  const Space& actions = info.action_space;
  const double most = actions.is_discrete() ? std::log(actions.n) : actions.size() * std::numbers::ln2;
  if (actions.is_discrete() && (*target < 0 || *target > most))
    algorithm.problem("target_entropy", fmt::format("out of reach: {} actions have between 0 and log({}) = {:.4g} nats",
                                                    actions.n, actions.n, most));
  if (!actions.is_discrete() && *target > most)
    algorithm.problem("target_entropy",
                      fmt::format("out of reach: {} actions in [-1, 1] have at most {} log(2) = {:.4g} nats",
                                  actions.size(), actions.size(), most));
  if (config.temperature.fixed_alpha) algorithm.note("target_entropy", "not used: fixed_alpha keeps the temperature");
}

class SacPlan final : public OffPolicyPlan<Sac, SacConfig> {
 public:
  using OffPolicyPlan::OffPolicyPlan;

 private:
  void check_settings(const EnvInfo& info, AgentReader& agent) const override {
    check_action_config(config().action, info, /*needs_gradient=*/true, agent.algorithm);
    check_bounded_actions(info, agent.name, agent.algorithm);
    if (config().action.action_policy == "random")
      agent.algorithm.problem("action_policy",
                              "SoftActorCritic draws from the policy that it learns; expected default (the algorithm "
                              "Random draws uniformly, and training_start_step says until when this one does)");
    if (config().action.action_pdtype == "Beta")
      agent.algorithm.problem("action_pdtype",
                              "SoftActorCritic draws continuous actions from a Normal under tanh; expected default");
    check_policy_net(net(), config().action, info, agent.net);
    check_target_entropy(config(), info, agent.algorithm);
  }
};

}  // namespace

std::unique_ptr<const AlgorithmPlan> read_sac(AgentReader& agent) {
  return std::make_unique<SacPlan>(read_config(agent.algorithm), agent, kEveryNetUse);
}

Sac::Sac(const SacConfig& config, const ReplayConfig& replay, const NetConfig& net, const EnvInfo& info,
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
  policy_->values(actor_.infer(batch.next_obs), batch.next_obs, critics_.targets(), temperature_.alpha(), rng,
                  next_values_);
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
