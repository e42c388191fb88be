#include "slm_lab/algorithm/ppo.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "slm_lab/algorithm/divergence.h"
#include "slm_lab/algorithm/mean_stats.h"
#include "slm_lab/algorithm/memory_checks.h"
#include "slm_lab/algorithm/returns.h"
#include "slm_lab/algorithm/training_pass.h"
#include "slm_lab/base/archive.h"
#include "slm_lab/base/profile.h"
#include "slm_lab/net/kernel.h"

namespace slm {
namespace {

constexpr int kMaxRows = 1 << 30;  // rounding up to a multiple of num_envs must not overflow

PpoConfig read_ppo_config(SpecReader& reader) {
  PpoConfig c;
  c.action = read_policy_action_config(reader);
  reader.require("gamma", c.gamma, "discount factor", between(0, 1));
  reader.require("lam", c.lam, "GAE: 0 is the one-step TD error, 1 the whole return", between(0, 1));
  if (const std::optional<Schedule> s =
          read_schedule(reader, "clip_eps_spec", "how far the ratio may leave 1", at_least(0)))
    c.clip_eps_spec = *s;
  else
    reader.problem("clip_eps_spec", "expected a schedule; this key is required");
  c.entropy_coef_spec =
      read_schedule(reader, "entropy_coef_spec", "weight of the entropy bonus; absent: 0", at_least(0));
  reader.read("val_loss_coef", c.val_loss_coef, "weight of the critic's loss", at_least(0));
  reader.require("time_horizon", c.time_horizon,
                 "steps of each environment between two updates; rounded up to a multiple of num_envs",
                 between(1, kMaxRows));
  reader.read("minibatch_size", c.minibatch_size,
              "rows per gradient step at most; rounded up to a multiple of num_envs; a rollout is cut into equal parts",
              between(1, kMaxRows));
  reader.require("training_epoch", c.training_epoch, "passes over each rollout", at_least(1));
  reader.read("normalize_v_targets", c.normalize_v_targets, "the critic's loss on the running scale of its targets");
  reader.read(
      "normalize_advantages", c.normalize_advantages,
      "standardize: advantages to mean 0 and standard deviation 1 per minibatch; standardize_rollout: over the "
      "whole rollout; percentile: divided by the running distance of their 5th and 95th percentiles, at least 1",
      one_of(AdvantageNormalizer::names()));
  reader.read("recompute_advantages", c.recompute_advantages,
              "estimate advantages and targets anew before every epoch");
  reader.read("target_kl", c.target_kl, "stop after the epoch whose mean KL passes this; null: never", above(0));
  if (c.training_epoch == 1)
    for (const char* key : {"recompute_advantages", "target_kl"})
      reader.unused(key, "there is no second epoch to change, as training_epoch is 1");
  reader.read("clip_vloss", c.clip_vloss, "keep values within clip_eps of the old ones in the critic's loss (1/2 MSE)");
  reader.read("symlog", c.symlog, "the critic's loss of sign(x) ln(1 + |x|) of values and targets");
  reader.inert("clip_val_loss", "the reference reads no such key; use clip_vloss");
  reader.inert("training_frequency", "PPO trains after time_horizon steps of every environment");
  return c;
}

}  // namespace

PpoPlan::PpoPlan(AgentReader& agent)
    : config_(read_ppo_config(agent.algorithm)),
      memory_(read_memory_config(agent.memory, agent.max_frame)),
      net_(read_actor_critic_net_config(agent.net, {.policy = true, .value = true, .loss = true})) {}

TrainingRate PpoPlan::rollout_rate(int num_envs) const {
  return {1.0 / (static_cast<double>(ppo_sizes(config_, num_envs).time_horizon) * num_envs)};
}

TrainingRate PpoPlan::training_rate(int num_envs) const {
  const PpoSizes sizes = ppo_sizes(config_, num_envs);
  const std::int64_t rows = static_cast<std::int64_t>(sizes.time_horizon) * num_envs;
  return {config_.training_epoch * static_cast<double>(num_minibatches(rows, sizes.minibatch_size)) /
              static_cast<double>(rows),
          TrainingRate::Unit::frame, rows};
}

void PpoPlan::check(const EnvInfo& info, AgentReader& agent) const {
  check_on_policy_batch_memory(memory_, agent);
  check_action_config(config_.action, info, /*needs_gradient=*/true, agent.algorithm);
  check_actor_critic_nets(net_, config_.action, info, agent.net);
  const PpoSizes sizes = ppo_sizes(config_, info.num_envs);
  check_minibatch_size(sizes.minibatch_size, sizes.time_horizon, info.num_envs, "time_horizon",
                       config_.normalize_advantages, agent.algorithm);
  if (config_.clip_vloss && config_.normalize_v_targets)
    agent.algorithm.problem("clip_vloss",
                            "clips on the scale of raw values, without normalize_v_targets; set one of "
                            "the two to false");
  const LossConfig& loss = (net_.shared ? net_.actor : net_.critic).loss_spec;
  if (config_.clip_vloss && loss.name != "MSELoss")
    agent.algorithm.problem("clip_vloss",
                            fmt::format("is half the squared error, and loss_spec says {}; set clip_vloss to false or "
                                        "loss_spec to MSELoss",
                                        loss.name));
  if (sizes.time_horizon != config_.time_horizon)
    agent.algorithm.note("time_horizon", fmt::format("rounded up to {}, a multiple of num_envs", sizes.time_horizon));
  if (sizes.minibatch_size != config_.minibatch_size)
    agent.algorithm.note("minibatch_size",
                         fmt::format("rounded up to {}, a multiple of num_envs", sizes.minibatch_size));
}

std::unique_ptr<Algorithm> PpoPlan::make(const EnvInfo& info, const Streams& streams) const {
  return make_ppo(info, streams);
}

std::unique_ptr<Ppo> PpoPlan::make_ppo(const EnvInfo& info, const Streams& streams) const {
  return std::make_unique<Ppo>(config_, net_, info, streams);
}

std::unique_ptr<const AlgorithmPlan> read_ppo(AgentReader& agent) { return std::make_unique<PpoPlan>(agent); }

PpoSizes ppo_sizes(const PpoConfig& config, int num_envs) {
  if (config.time_horizon % num_envs == 0 && config.minibatch_size % num_envs == 0)
    return {config.time_horizon, config.minibatch_size};
  const auto round_up = [&](int size) { return (size + num_envs - 1) / num_envs * num_envs; };
  return {round_up(config.time_horizon), round_up(config.minibatch_size)};
}

Ppo::Ppo(const PpoConfig& config, const ActorCriticNetConfig& nets, const EnvInfo& info, const Streams& streams)
    : config_(config),
      sizes_(ppo_sizes(config, info.num_envs)),
      exploration_(config.action, info.action_space),
      nets_(nets, config.action, info, streams),
      advantage_normalizer_(config.normalize_advantages),
      value_loss_(nets_.critic_config().loss_spec, config.val_loss_coef, config.normalize_v_targets, config.symlog),
      memory_(sizes_.time_horizon, info),
      order_(static_cast<std::size_t>(sizes_.time_horizon * info.num_envs)) {
  const auto rows = static_cast<std::int64_t>(order_.size());
  const std::int64_t parts = num_minibatches(rows, sizes_.minibatch_size);
  const std::int64_t n = (rows + parts - 1) / parts;  // of the largest
  minibatch_.resize(n, info.obs_space, info.action_space.size());
  for (Vector* v : {&old_log_probs_, &old_values_, &d_log_probs_}) v->resize(n);
  for (Matrix* m : {&next_values_, &advantages_, &targets_}) m->resize(sizes_.time_horizon, info.num_envs);
  log_probs_.resize(next_values_.size());
  final_values_.resize(next_values_.size());  // at most so many
}

void Ppo::act(const ObservationsView& obs, ActMode mode, Rng& rng, Matrix& actions) {
  const ConstMatrixRef outputs = nets_.infer_policy(obs);
  exploration_.act(outputs, mode, frame_, rng, actions);
  if (mode != ActMode::train) return;
  exploration_.distribution().evaluate(outputs, actions);
  log_probs_.segment(memory_.rollout().size(), obs.rows()) = exploration_.distribution().log_probs();
}

void Ppo::observe(const ObservationsView& obs, const Matrix& actions, const StepResult& step) {
  memory_.add(obs, actions, step);
}

std::optional<TrainStats> Ppo::update(std::int64_t frame, Rng& rng) {
  if (!memory_.ready()) {
    advance(frame, false);
    return std::nullopt;
  }
  const TrainingPass pass;
  TrainStats stats = train(rng);
  stats.explained_variance = explained_variance({values_.data(), order_.size()}, {targets_.data(), order_.size()});
  memory_.clear();
  advance(frame, true);
  return stats;
}

void Ppo::advance(std::int64_t frame, bool trained) {
  frame_ = frame;
  nets_.advance(frame, trained);
}

// Algorithm 1: K epochs of minibatches over the rollout.
TrainStats Ppo::train(Rng& rng) {
  const std::size_t size = order_.size();
  const auto parts = static_cast<std::size_t>(num_minibatches(static_cast<std::int64_t>(size), sizes_.minibatch_size));
  std::iota(order_.begin(), order_.end(), 0);
  estimate_advantages();

  MeanStats round, pass;
  for (int epoch = 0; epoch < config_.training_epoch; ++epoch) {
    if (epoch > 0 && config_.recompute_advantages) estimate_advantages();
    if (parts > 1) rng.shuffle(order_);
    pass = {};
    for (std::size_t part = 0; part < parts; ++part) pass.add(train_minibatch(minibatch_rows(order_, part, parts)));
    round.add(pass);
    if (config_.target_kl && pass.mean().kl > *config_.target_kl) break;
  }
  TrainStats stats = round.mean();
  stats.kl = pass.mean().kl;
  return stats;
}

void Ppo::estimate_advantages() {
  const Rollout& rollout = memory_.rollout();
  nets_.infer_values(rollout.obs(), values_);
  nets_.infer_values(rollout.final_obs(), final_values_);
  rollout.next_values(values_, final_values_, next_values_);
  estimate_gae({rollout.rewards(), rollout.not_terminated(), rollout.not_ended()},
               MatrixView(values_.data(), rollout.num_steps(), rollout.num_envs()), next_values_,
               static_cast<float>(config_.gamma), static_cast<float>(config_.lam), advantages_, targets_);
  advantage_normalizer_.rollout(Eigen::Map<Vector>(advantages_.data(), advantages_.size()));
}

RolloutRows Ppo::gather(std::span<const std::int32_t> rows) {
  const PhaseTimer timer(Phase::draw);
  gather_rows(log_probs_.data(), rows, old_log_probs_);
  gather_rows(values_.data(), rows, old_values_);
  const Rollout& rollout = memory_.rollout();
  return minibatch_.gather({.obs = rollout.obs(),
                            .actions = rollout.actions(),
                            .advantages = {advantages_.data(), advantages_.size()},
                            .targets = {targets_.data(), targets_.size()}},
                           rows);
}

TrainStats Ppo::train_minibatch(std::span<const std::int32_t> rows) {
  const auto n = static_cast<Eigen::Index>(rows.size());
  RolloutRows batch = gather(rows);
  advantage_normalizer_.minibatch(batch.advantages);

  // L = L_clip - entropy_coef * mean H + value loss, with L_clip over log pi(a|s) of the rows' actions.
  nets_.forward(batch.obs);
  Distribution& distribution = exploration_.distribution();
  distribution.evaluate(nets_.policy_outputs(), batch.actions);
  const auto clip_eps = static_cast<float>(config_.clip_eps_spec.at(frame_));
  const SurrogateLoss surrogate = clipped_surrogate(distribution.log_probs(), old_log_probs_.head(n), batch.advantages,
                                                    clip_eps, d_log_probs_.head(n));
  const float entropy_coef = config_.entropy_coef_spec ? static_cast<float>(config_.entropy_coef_spec->at(frame_)) : 0;
  const float entropy = distribution.entropy().mean();
  require_finite(surrogate.loss - entropy_coef * entropy, "PPO", "policy loss");
  distribution.gradient({d_log_probs_.data(), n}, -entropy_coef / static_cast<float>(n), nets_.d_policy_outputs());

  const float value_loss = config_.clip_vloss ? value_loss_.clipped(nets_.values(), old_values_.head(n), batch.targets,
                                                                    clip_eps, nets_.d_values())
                                              : value_loss_(nets_.values(), batch.targets, nets_.d_values());
  require_finite(value_loss, "PPO", "value loss");

  const float grad_norm = nets_.step();
  require_finite(grad_norm, "PPO", "gradient");
  return {.loss = surrogate.loss - entropy_coef * entropy + value_loss,
          .policy_loss = surrogate.loss,
          .value_loss = value_loss,
          .entropy = entropy,
          .kl = surrogate.kl,
          .clip_fraction = surrogate.clip_fraction,
          .grad_norm = grad_norm};
}

SurrogateLoss clipped_surrogate(const Eigen::Ref<const Vector>& log_probs,
                                const Eigen::Ref<const Vector>& old_log_probs,
                                const Eigen::Ref<const Vector>& advantages, float clip_eps,
                                Eigen::Ref<Vector> d_log_probs) {
  constexpr float kMaxLogRatio = 20;  // exp() of it is still far from overflow
  const auto n = static_cast<float>(log_probs.size());
  Eigen::Ref<Vector> ratios = d_log_probs;  // each is read before its place is written
  ratios = (log_probs - old_log_probs).cwiseMax(-kMaxLogRatio).cwiseMin(kMaxLogRatio);
  const std::span<float> span{ratios.data(), static_cast<std::size_t>(ratios.size())};
  vexp(span, span);

  SurrogateLoss sum{0, 0, 0};
  for (Eigen::Index i = 0; i < log_probs.size(); ++i) {
    const float log_ratio = log_probs[i] - old_log_probs[i], ratio = ratios[i];
    const float unclipped = ratio * advantages[i];
    const float clipped = std::clamp(ratio, 1 - clip_eps, 1 + clip_eps) * advantages[i];
    sum.loss -= std::min(unclipped, clipped);
    sum.kl += ratio - 1 - log_ratio;
    sum.clip_fraction += std::abs(ratio - 1) > clip_eps ? 1.0f : 0.0f;
    // d ratio / d log pi = ratio; where the clip holds the minimum, nothing moves
    d_log_probs[i] = unclipped <= clipped && std::abs(log_ratio) < kMaxLogRatio ? -unclipped / n : 0;
  }
  return {sum.loss / n, sum.kl / n, sum.clip_fraction / n};
}

Coefficients Ppo::coefficients() const {
  return {.lr = nets_.lr(),
          .explore_var = exploration_.explore_var(frame_),
          .entropy_coef = config_.entropy_coef_spec ? config_.entropy_coef_spec->at(frame_) : 0,
          .clip_eps = config_.clip_eps_spec.at(frame_)};
}

void Ppo::serialize(Archive& archive) {
  archive("exploration", exploration_);
  archive("nets", nets_);
  archive("advantage_normalizer", advantage_normalizer_);
  archive("value_loss", value_loss_);
  archive("memory", memory_);
  archive("log_probs", log_probs_);
  archive("frame", frame_);
}

}  // namespace slm
