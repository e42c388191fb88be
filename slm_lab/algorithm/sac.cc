#include "slm_lab/algorithm/sac.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "slm_lab/algorithm/divergence.h"
#include "slm_lab/algorithm/memory_checks.h"
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

// Where continuous actions live until they go to the environment.
Space squashed(const Space& action_space) {
  const std::vector<float> bound(static_cast<std::size_t>(action_space.size()), 1);
  return action_space.is_discrete() ? action_space : Space::box(std::vector<float>(bound.size(), -1), bound);
}

SacConfig read_config(SpecReader& reader) {
  SacConfig c;
  c.action = read_action_config(reader);
  reader.require("gamma", c.gamma, "discount factor", between(0, 1));
  reader.require("training_frequency", c.training_frequency, "train every so many frames", at_least(1));
  reader.read("training_iter", c.training_iter, "updates each time; default: num_envs", at_least(1));
  reader.read("training_start_step", c.training_start_step,
              "until then actions are drawn uniformly and nothing is trained; default: memory.batch_size", at_least(0));
  reader.read("num_step_returns", c.num_step_returns, "rewards summed before the bootstrap", at_least(1));
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

class SacPlan final : public AlgorithmPlan {
 public:
  explicit SacPlan(AgentReader& agent)
      : config_(read_config(agent.algorithm)),
        memory_(read_memory_config(agent.memory, agent.max_frame)),
        net_(read_net_config(agent.net, kEveryNetUse)) {}
  double gamma() const override { return config_.gamma; }
  TrainingRate training_rate(int num_envs) const override {
    const TrainingSchedule schedule{config_.training_frequency, 0, num_envs};
    return {schedule.rounds_per_frame() * config_.training_iter.value_or(num_envs)};
  }
  std::int64_t replay_bytes(const EnvInfo& info) const override { return slm::replay_bytes(memory_.replay, info); }
  void check(const EnvInfo& info, AgentReader& agent) const override {
    check_replay_memory(memory_, replay_bytes(info), info, agent);
    check_action_config(config_.action, info, /*needs_gradient=*/true, agent.algorithm);
    if (!info.action_space.is_discrete() &&
        !std::ranges::all_of(info.action_space.low, [](float x) { return std::isfinite(x); }))
      agent.algorithm.problem(
          "name", fmt::format("SoftActorCritic needs bounded actions; those of {} have no bounds", info.name));
  }
  std::unique_ptr<Algorithm> make(const EnvInfo& info, const Streams& streams) const override {
    return std::make_unique<Sac>(config_, memory_.replay, net_, info, streams);
  }

 private:
  SacConfig config_;
  MemoryConfig memory_;
  NetConfig net_;
};

}  // namespace

std::unique_ptr<const AlgorithmPlan> read_sac(AgentReader& agent) { return std::make_unique<SacPlan>(agent); }

Sac::Sac(const SacConfig& config, const ReplayConfig& replay, const NetConfig& net, const EnvInfo& info,
         const Streams& streams)
    : config_(config),
      action_space_(info.action_space),
      schedule_{config.training_frequency, config.training_start_step.value_or(replay.batch_size), info.num_envs},
      exploration_(config.action, info.action_space),
      squashed_space_(squashed(info.action_space)),
      acting_(info.action_space.size()),
      continuous_policy_(info.action_space.size()),
      actor_(make_policy_net(net, info, streams), net),
      critics_{make_critic(net, info, streams.stream("init", 1)), make_critic(net, info, streams.stream("init", 2))},
      temperature_(config.temperature, net.optim_spec, target_entropy(config, info.action_space)),
      replay_(replay, info),
      loss_(net.loss_spec),
      first_output_(Matrix::Zero(replay.batch_size, 1)) {
  for (Vector* v : {&targets_, &next_values_, &td_errors_}) v->resize(replay.batch_size);
  if (!config_.training_iter) config_.training_iter = info.num_envs;
}

Sac::Critic Sac::make_critic(NetConfig net, const EnvInfo& info, Rng init) const {
  net.out_layer_activation = {};  // is the policy's: values have no bounds
  const int obs_dim = info.obs_space.size();
  const int inputs = discrete() ? obs_dim : obs_dim + action_space_.size();
  Head values{.width = discrete() ? action_space_.n : 1};
  values.init_gain = net.critic_init_std;
  Trainer online(make_net(net, inputs, {values}, init), net);
  TargetNet target(online.net(), net.target);
  return {std::move(online), std::move(target)};
}

void Sac::act(const Matrix& obs, ActMode mode, Rng& rng, Matrix& actions) {
  actions.resize(obs.rows(), action_space_.size());
  if (mode == ActMode::train && replay_.num_added() < schedule_.start_step) {
    sample_space(squashed_space_, rng, actions);
  } else if (discrete()) {
    exploration_.choose(actor_.net().infer(obs), mode, frame_, rng, actions);
  } else if (mode == ActMode::greedy) {
    acting_.mode(actor_.net().infer(obs), actions);
  } else {
    acting_.sample(actor_.net().infer(obs), rng);
    actions = acting_.actions();
  }
}

void Sac::observe(const Matrix& obs, const Matrix& actions, const StepResult& step) { replay_.add(obs, actions, step); }

std::optional<TrainStats> Sac::update(std::int64_t frame, Rng& rng) {
  std::optional<TrainStats> stats;
  if (schedule_.due(replay_.num_added())) stats = train(rng);
  frame_ = frame;
  actor_.advance(frame, stats.has_value());
  for (Critic& critic : critics_) {
    critic.online.advance(frame, stats.has_value());
    if (!critic.target.is_polyak()) critic.target.update(critic.online.net(), frame, schedule_.num_envs);
  }
  return stats;
}

TrainStats Sac::train(Rng& rng) {
  Losses losses;
  int actor_steps = 0;
  for (int i = 0; i < *config_.training_iter; ++i) {
    replay_.sample(rng, static_cast<float>(config_.gamma), config_.num_step_returns, replay_.beta(frame_), batch_);
    bootstrap(rng);
    train_critics(losses);
    replay_.update_priorities(batch_.draw, td_errors_);
    if (++iteration_ % config_.policy_delay != 0) continue;
    train_actor(rng, losses);
    ++actor_steps;
    temperature_.train(entropy_, actor_.lr());
    for (Critic& critic : critics_)
      if (critic.target.is_polyak()) critic.target.polyak_towards(critic.online.net());
  }
  const double n = *config_.training_iter, m = std::max(actor_steps, 1);
  TrainStats stats{.loss = losses.q / n, .value_loss = losses.q / n, .entropy = entropy_};
  if (actor_steps > 0) {
    stats.policy_loss = losses.policy / m;
    stats.loss += stats.policy_loss;
  }
  stats.grad_norm = losses.grad_norm / (2 * n + actor_steps);
  return stats;
}

// y = r + gamma * V(s'),  V(s') = E_{a'}[min_i Q_target_i(s', a') - alpha log pi(a'|s')], eq. 3.
void Sac::bootstrap(Rng& rng) {
  const ConstMatrixRef outputs = actor_.net().infer(batch_.next_obs);
  Net &q1 = critics_[0].target.net(), &q2 = critics_[1].target.net();
  if (discrete()) {
    min_q_ = q1.infer(batch_.next_obs).cwiseMin(q2.infer(batch_.next_obs));
    discrete_policy_.values(outputs, min_q_, temperature_.alpha(), next_values_);
  } else {
    continuous_policy_.values(outputs, batch_.next_obs, {&q1, &q2}, temperature_.alpha(), rng, next_values_);
  }
  targets_ = batch_.rewards + batch_.discounts.cwiseProduct(next_values_);
}

// Each critic: mean of loss(Q_i(s, a), y), eq. 5.
void Sac::train_critics(Losses& losses) {
  if (!discrete()) join(batch_.obs, batch_.actions, inputs_);
  for (std::size_t i = 0; i < 2; ++i) {
    Trainer& online = critics_[i].online;
    const ConstMatrixRef q = online.net().forward(discrete() ? batch_.obs : inputs_);
    const double loss = loss_(q, discrete() ? batch_.actions : first_output_, targets_, batch_.draw.weights);
    require_finite(loss, "SoftActorCritic", "critic loss");
    if (i == 0)
      td_errors_ = targets_ - loss_.values();
    else  // of the smaller value
      td_errors_ = td_errors_.cwiseMax(targets_ - loss_.values());
    // The actor of discrete actions learns from the values as they stand before this step, as in the reference.
    if (discrete() && i == 0) min_q_ = q;
    if (discrete() && i == 1) min_q_ = min_q_.cwiseMin(q);
    online.net().backward(loss_.d_q_values());
    const float norm = online.step();
    require_finite(norm, "SoftActorCritic", "critic gradient");
    losses.q += loss;
    losses.grad_norm += norm;
  }
}

// J = mean of E_a[alpha log pi(a|s) - min_i Q_i(s, a)], eq. 7 and 9.
void Sac::train_actor(Rng& rng, Losses& losses) {
  const ConstMatrixRef outputs = actor_.net().forward(batch_.obs);
  double loss;
  if (discrete()) {
    loss = discrete_policy_.loss(outputs, min_q_, temperature_.alpha());
    entropy_ = discrete_policy_.entropy();
  } else {
    loss = continuous_policy_.loss(outputs, batch_.obs, {&critics_[0].online.net(), &critics_[1].online.net()},
                                   temperature_.alpha(), rng);
    entropy_ = continuous_policy_.entropy();
  }
  require_finite(loss, "SoftActorCritic", "policy loss");
  actor_.net().backward(discrete() ? discrete_policy_.d_logits() : continuous_policy_.d_outputs());
  const float norm = actor_.step();
  require_finite(norm, "SoftActorCritic", "policy gradient");
  losses.policy += loss;
  losses.grad_norm += norm;
}

std::int64_t Sac::opt_step() const {
  return actor_.opt_step() + critics_[0].online.opt_step() + critics_[1].online.opt_step();
}

Coefficients Sac::coefficients() const {
  return {.lr = (actor_.lr() + critics_[0].online.lr() + critics_[1].online.lr()) / 3, .alpha = temperature_.alpha()};
}

std::vector<NamedNet> Sac::nets() {
  return {{"net", &actor_.net()},
          {"q1_net", &critics_[0].online.net()},
          {"q2_net", &critics_[1].online.net()},
          {"target_q1_net", &critics_[0].target.net()},
          {"target_q2_net", &critics_[1].target.net()}};
}

void Sac::serialize(Archive& archive) {
  archive("actor", actor_);
  const char* names[] = {"q1", "q2"};
  const char* target_names[] = {"target_q1", "target_q2"};
  for (std::size_t i = 0; i < 2; ++i) {
    archive(names[i], critics_[i].online);
    archive(target_names[i], critics_[i].target);
  }
  archive("temperature", temperature_);
  archive("replay", replay_);
  archive("frame", frame_);
  archive("iteration", iteration_);
  archive("entropy", entropy_);
}

}  // namespace slm
