#include "slm_lab/algorithm/actor_critic.h"

#include <fmt/format.h>

#include <numeric>

#include "slm_lab/algorithm/divergence.h"
#include "slm_lab/algorithm/mean_stats.h"
#include "slm_lab/algorithm/memory_checks.h"
#include "slm_lab/algorithm/policy_gradient.h"
#include "slm_lab/algorithm/returns.h"
#include "slm_lab/algorithm/training_pass.h"
#include "slm_lab/base/archive.h"
#include "slm_lab/memory/episodes.h"

namespace slm {
namespace {

ActorCriticConfig read_actor_critic_config(SpecReader& reader) {
  ActorCriticConfig c;
  c.action = read_policy_action_config(reader);
  reader.require("gamma", c.gamma, "discount factor", between(0, 1));
  reader.read("lam", c.lam, "GAE: 0 is the one-step TD error, 1 the whole return; null: see num_step_returns",
              between(0, 1));
  reader.read("num_step_returns", c.num_step_returns,
              "without lam: n-step returns, and the steps between updates; null: Monte-Carlo returns", at_least(1));
  if (c.lam || !c.num_step_returns)
    reader.require("training_frequency", c.training_frequency,
                   "train after so many steps of every environment (OnPolicyBatchReplay) or episodes (OnPolicyReplay)",
                   at_least(1));
  else
    reader.read("training_frequency", c.training_frequency, "not used with n-step returns", at_least(1));
  if (c.lam) reader.unused("num_step_returns", "lam stands before it; set lam to null for n-step returns");
  if (c.n_step()) reader.unused("training_frequency", "n-step returns train every num_step_returns steps");
  c.entropy_coef_spec =
      read_schedule(reader, "entropy_coef_spec", "weight of the entropy bonus; absent: 0", at_least(0));
  reader.read("policy_loss_coef", c.policy_loss_coef, "weight of the policy loss", at_least(0));
  reader.read("val_loss_coef", c.val_loss_coef, "weight of the critic's loss", at_least(0));
  reader.read("normalize_v_targets", c.normalize_v_targets, "the critic's loss on the running scale of its targets");
  reader.read("normalize_advantages", c.normalize_advantages,
              "standardize: advantages to mean 0 and standard deviation 1 per gradient step; standardize_rollout: over "
              "the whole rollout; percentile: divided by the running distance of their 5th and 95th percentiles, at "
              "least 1",
              one_of(AdvantageNormalizer::names()));
  reader.read(
      "minibatch_size", c.minibatch_size,
      "rows per gradient step at most: one pass over the shuffled rollout, cut into equal parts; null: one step "
      "on the whole rollout",
      at_least(1));
  reader.read("symlog", c.symlog, "the critic's loss of sign(x) ln(1 + |x|) of values and targets");
  reader.inert("clip_val_loss", "the reference reads no such key");
  return c;
}

}  // namespace

ActorCriticPlan::ActorCriticPlan(AgentReader& agent)
    : config_(read_actor_critic_config(agent.algorithm)),
      memory_(read_memory_config(agent.memory, agent.max_frame)),
      net_(read_actor_critic_net_config(agent.net, {.policy = true, .value = true, .loss = true})) {}

TrainingRate ActorCriticPlan::rollout_rate(int num_envs) const {
  return slm::rollout_rate(memory_, config_.update_period(), num_envs);
}

TrainingRate ActorCriticPlan::training_rate(int num_envs) const {
  TrainingRate rate = rollout_rate(num_envs);
  if (config_.minibatch_size && memory_.name == "OnPolicyBatchReplay")
    rate.updates *= static_cast<double>(
        num_minibatches(static_cast<std::int64_t>(config_.update_period()) * num_envs, *config_.minibatch_size));
  return rate;
}

void ActorCriticPlan::check(const EnvInfo& info, AgentReader& agent) const {
  check_on_policy_memory(memory_, info, agent);
  if (config_.n_step() && !memory_.is_replay() && memory_.name != "OnPolicyBatchReplay")
    agent.algorithm.problem(
        "num_step_returns",
        fmt::format("counts steps, and {} keeps whole episodes; expected OnPolicyBatchReplay, or null "
                    "for the returns of whole episodes",
                    memory_.name));
  if (config_.minibatch_size && memory_.name == "OnPolicyBatchReplay")
    check_minibatch_size(*config_.minibatch_size, config_.update_period(), info.num_envs,
                         config_.n_step() ? "num_step_returns" : "training_frequency", config_.normalize_advantages,
                         agent.algorithm);
  else if (config_.minibatch_size && !memory_.is_replay())
    agent.algorithm.problem("minibatch_size", fmt::format("needs rollouts of one length, and {} keeps episodes; "
                                                          "expected OnPolicyBatchReplay, or null",
                                                          memory_.name));
  check_action_config(config_.action, info, /*needs_gradient=*/true, agent.algorithm);
  check_actor_critic_nets(net_, config_.action, info, agent.net);
}

std::unique_ptr<Algorithm> ActorCriticPlan::make(const EnvInfo& info, const Streams& streams) const {
  return make_actor_critic(info, streams);
}

std::unique_ptr<ActorCritic> ActorCriticPlan::make_actor_critic(const EnvInfo& info, const Streams& streams) const {
  return std::make_unique<ActorCritic>(config_, memory_, net_, info, streams);
}

std::unique_ptr<const AlgorithmPlan> read_actor_critic(AgentReader& agent) {
  return std::make_unique<ActorCriticPlan>(agent);
}

ActorCritic::ActorCritic(const ActorCriticConfig& config, const MemoryConfig& memory, const ActorCriticNetConfig& nets,
                         const EnvInfo& info, const Streams& streams)
    : config_(config),
      obs_space_(info.obs_space),
      exploration_(config.action, info.action_space),
      nets_(nets, config.action, info, streams),
      advantage_normalizer_(config.normalize_advantages),
      value_loss_(nets_.critic_config().loss_spec, config.val_loss_coef, config.normalize_v_targets, config.symlog),
      memory_(make_on_policy_memory(memory, config.update_period(), info)) {}

void ActorCritic::act(const ObservationsView& obs, ActMode mode, Rng& rng, Matrix& actions) {
  exploration_.act(nets_.infer_policy(obs), mode, frame_, rng, actions);
}

void ActorCritic::observe(const ObservationsView& obs, const Matrix& actions, const StepResult& step) {
  memory_->add(obs, actions, step);
}

std::optional<TrainStats> ActorCritic::update(std::int64_t frame, Rng& rng) {
  if (!memory_->ready()) {
    advance(frame, false);
    return std::nullopt;
  }
  const TrainingPass pass;
  estimate_advantages();
  const TrainStats stats = train(rng);
  memory_->clear();
  advance(frame, true);
  return stats;
}

void ActorCritic::advance(std::int64_t frame, bool trained) {
  frame_ = frame;
  nets_.advance(frame, trained);
}

void ActorCritic::estimate_advantages() {
  const Rollout& rollout = memory_->rollout();
  nets_.infer_values(rollout.obs(), values_);
  if (final_values_.size() < rollout.size()) final_values_.resize(rollout.size());  // later ones may end more episodes
  nets_.infer_values(rollout.final_obs(), final_values_);
  const Eigen::Index num_steps = rollout.num_steps(), num_envs = rollout.num_envs();
  MatrixRef next_values = grown(next_values_, num_steps, num_envs);
  rollout.next_values(values_, final_values_, next_values);
  MatrixRef advantages = grown(advantages_, num_steps, num_envs), targets = grown(targets_, num_steps, num_envs);
  const MatrixView values(values_.data(), num_steps, num_envs);
  const StepSequence steps{rollout.rewards(), rollout.not_terminated(), rollout.not_ended()};
  const auto gamma = static_cast<float>(config_.gamma);
  if (config_.lam) {
    estimate_gae(steps, values, next_values, gamma, static_cast<float>(*config_.lam), advantages, targets);
  } else {
    discounted_returns(steps, next_values, gamma, targets);
    advantages = targets - values;
  }
  advantage_normalizer_.rollout(Eigen::Map<Vector>(advantages_.data(), advantages.size()));
}

TrainStats ActorCritic::train(Rng& rng) {
  const Rollout& rollout = memory_->rollout();
  const Eigen::Index n = rollout.size();
  const auto size = static_cast<std::size_t>(n);
  const double explained = explained_variance({values_.data(), size}, {targets_.data(), size});
  const RolloutRows all{.obs = rollout.obs(),
                        .actions = rollout.actions(),
                        .advantages = {advantages_.data(), n},
                        .targets = {targets_.data(), n}};
  const std::int64_t parts = config_.minibatch_size ? num_minibatches(n, *config_.minibatch_size) : 1;
  TrainStats stats = parts > 1 ? train_minibatches(all, parts, rng) : step_on(all);
  stats.explained_variance = explained;
  return stats;
}

// One pass: rows are not used again, so that the policy that drew them is never more than a few steps away, and no
// ratio corrects for those.
TrainStats ActorCritic::train_minibatches(const RolloutRows& all, std::int64_t num_parts, Rng& rng) {
  const auto size = static_cast<std::size_t>(all.obs.rows()), parts = static_cast<std::size_t>(num_parts);
  minibatch_.resize(static_cast<Eigen::Index>((size + parts - 1) / parts), obs_space_, all.actions.cols());
  order_.resize(size);
  std::iota(order_.begin(), order_.end(), 0);
  rng.shuffle(order_);

  MeanStats pass;
  for (std::size_t part = 0; part < parts; ++part)
    pass.add(step_on(minibatch_.gather(all, minibatch_rows(order_, part, parts))));
  return pass.mean();
}

TrainStats ActorCritic::step_on(const RolloutRows& rows) {
  advantage_normalizer_.minibatch(rows.advantages);
  // Policy: J = mean(log pi(a|s) A) + entropy_coef * mean H; the loss is -J.
  nets_.forward(rows.obs);
  const auto entropy_coef = static_cast<float>(coefficients().entropy_coef);
  const PolicyGradientLoss policy = policy_gradient_loss(
      exploration_.distribution(), nets_.policy_outputs(), rows.actions, rows.advantages,
      static_cast<float>(config_.policy_loss_coef), entropy_coef, d_log_probs_, nets_.d_policy_outputs());
  const float policy_loss = policy.policy - entropy_coef * policy.entropy;
  require_finite(policy_loss, "ActorCritic", "policy loss");

  const float value_loss = value_loss_(nets_.values(), rows.targets, nets_.d_values());
  require_finite(value_loss, "ActorCritic", "value loss");

  const float grad_norm = nets_.step();
  require_finite(grad_norm, "ActorCritic", "gradient");
  return {.loss = policy_loss + value_loss,
          .policy_loss = policy.policy,
          .value_loss = value_loss,
          .entropy = policy.entropy,
          .grad_norm = grad_norm};
}

Coefficients ActorCritic::coefficients() const {
  return {.lr = nets_.lr(),
          .explore_var = exploration_.explore_var(frame_),
          .entropy_coef = config_.entropy_coef_spec ? config_.entropy_coef_spec->at(frame_) : 0};
}

void ActorCritic::serialize(Archive& archive) {
  archive("exploration", exploration_);
  archive("nets", nets_);
  archive("advantage_normalizer", advantage_normalizer_);
  archive("value_loss", value_loss_);
  archive("memory", *memory_);
  archive("frame", frame_);
}

}  // namespace slm
