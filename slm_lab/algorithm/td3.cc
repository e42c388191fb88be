#include "slm_lab/algorithm/td3.h"

#include <algorithm>

#include "slm_lab/algorithm/divergence.h"
#include "slm_lab/algorithm/exploration.h"
#include "slm_lab/algorithm/off_policy_plan.h"
#include "slm_lab/algorithm/policy_net.h"
#include "slm_lab/base/archive.h"
#include "slm_lab/net/registry.h"

namespace slm {
namespace {

Td3Config read_td3_config(SpecReader& reader) {
  Td3Config c;
  c.loop = read_off_policy_config(
      reader,
      {.until_start = "until then actions are drawn uniformly and nothing is trained; default: memory.batch_size",
       .requires_training_iter = false});
  reader.read("policy_delay", c.policy_delay, "critic updates per update of actor and targets", at_least(1));
  const auto noise =
      read_schedule(reader, "explore_var_spec",
                    "standard deviation of the noise on actions, which go from -1 to 1 here; absent: 0.1", at_least(0));
  if (noise) c.explore_var_spec = *noise;
  reader.read("policy_noise", c.policy_noise, "standard deviation of the noise on the target policy's action",
              at_least(0));
  reader.read("noise_clip", c.noise_clip, "that noise stays within this", at_least(0));
  if (c.policy_noise == 0) reader.unused("noise_clip", "policy_noise is 0");
  return c;
}

class Td3Plan final : public OffPolicyPlan<Td3, Td3Config> {
 public:
  using OffPolicyPlan::OffPolicyPlan;

 private:
  void check_settings(const EnvInfo& info, AgentReader& agent) const override {
    check_bounded_actions(info, agent.name, agent.algorithm);
    check_net(nets(), info.obs_space, 1, agent.net);
    check_critic_net(nets(), info, agent.net);
    if (nets().log_std_init) agent.net.note("log_std_init", "not used: the policy of TD3 has no standard deviation");
  }
};

std::unique_ptr<Net> make_actor(const NetConfig& config, const EnvInfo& info, const Streams& streams) {
  Rng init = streams.stream("init", 0);
  Head actions{.width = info.action_space.size()};
  actions.init_gain = config.actor_init_std;
  return make_net(config, info.obs_space, {actions}, init);
}

}  // namespace

std::unique_ptr<const AlgorithmPlan> read_td3(AgentReader& agent) {
  const Td3Config config = read_td3_config(agent.algorithm);
  return std::make_unique<Td3Plan>(config, read_net_config(agent.net, kEveryNetUse), agent);
}

// ---- the actor

Td3Actor::Td3Actor(const Td3Config& config, const NetConfig& net, const EnvInfo& info, const Streams& streams)
    : config_(config),
      unit_space_(unit_box(info.action_space.size())),
      actor_(make_actor(net, info, streams), net),
      target_actor_(actor_, net.target),
      policy_(info.action_space.size()) {}

void Td3Actor::act_uniformly(Eigen::Index n, Rng& rng, Matrix& actions) {
  actions.resize(n, unit_space_.size());
  sample_space(unit_space_, rng, actions);
}

void Td3Actor::act(const ObservationsView& obs, ActMode mode, std::int64_t frame, Rng& rng, Matrix& actions) {
  policy_.act(actor_.infer(obs), actions);
  if (mode == ActMode::greedy) return;
  const Schedule& noise = config_.explore_var_spec;
  const double std = mode == ActMode::evaluate ? noise.end() : noise.at(frame);
  for (float& a : actions.reshaped<Eigen::RowMajor>())
    a = std::clamp(a + static_cast<float>(std * rng.standard_normal()), -1.0f, 1.0f);
}

// a' = clip(pi_target(s') + clip(noise, -c, c), -1, 1).
void Td3Actor::act_as_target(const ObservationsView& obs, Rng& rng, Matrix& actions) {
  policy_.act(target_actor_.infer(obs), actions);
  for (float& a : actions.reshaped<Eigen::RowMajor>()) {
    const double noise = config_.policy_noise * rng.standard_normal();
    a = std::clamp(a + static_cast<float>(std::clamp(noise, -config_.noise_clip, config_.noise_clip)), -1.0f, 1.0f);
  }
}

// J = -mean of Q(s, pi(s)).
void Td3Actor::train(const ObservationsView& obs, Trainer& critic, OffPolicyStats& stats) {
  const double loss = policy_.loss(actor_.forward_in_training(obs), obs, critic);
  require_finite(loss, "TD3", "policy loss");
  actor_.backward(policy_.d_outputs());
  const float norm = actor_.step();
  require_finite(norm, "TD3", "policy gradient");
  stats.add_actor(loss, norm);
  if (target_actor_.is_polyak()) target_actor_.polyak_towards(actor_);
}

void Td3Actor::advance(std::int64_t frame, bool trained, int num_envs) {
  actor_.advance(frame, trained);
  if (!target_actor_.is_polyak()) target_actor_.update(actor_, frame, num_envs);
}

void Td3Actor::append_nets(std::vector<NamedNet>& nets) {
  nets.push_back({"net", &actor_.net()});
  nets.push_back({"target_net", &target_actor_.net()});
}

void Td3Actor::share_work(ThreadPool& threads) {
  actor_.net().share_work(threads);
  target_actor_.net().share_work(threads);
}

void Td3Actor::serialize(Archive& archive) {
  archive("actor", actor_);
  archive("target_actor", target_actor_);
}

// ---- algorithm 1

Td3Learner::Td3Learner(const Td3Config& config, const NetConfig& net, const EnvInfo& info, const Streams& streams)
    : actor(config, net, info, streams), critics("TD3", net, critic_space(info), 1, streams) {}

// Each critic: mean of loss(Q_i(s, a), y).
TwinLearners::Fit Td3Learner::train_critics(const Batch& batch, Rng& rng) {
  bootstrap(batch, rng);
  join(batch.obs, batch.actions, inputs_);
  first_output_.setZero(targets_.size(), 1);
  return critics.fit(inputs_, first_output_, targets_, batch.draw.weights);
}

// y = r + gamma min_i Q_target_i(s', a').
void Td3Learner::bootstrap(const Batch& batch, Rng& rng) {
  actor.act_as_target(batch.next_obs, rng, next_actions_);
  join(batch.next_obs, next_actions_, inputs_);
  const auto& [q1, q2] = critics.target_values(inputs_);
  targets_ = q1.col(0).cwiseMin(q2.col(0));
  targets_ = batch.rewards + batch.discounts.cwiseProduct(targets_);
}

// The first critic alone.
void Td3Learner::train_actor(const Batch& batch, Rng&, OffPolicyStats& stats) {
  actor.train(batch.obs, critics.online().learner(0), stats);
  critics.follow();
}

void Td3Learner::advance(std::int64_t frame, bool trained, int num_envs) {
  actor.advance(frame, trained, num_envs);
  critics.advance(frame, trained, num_envs);
}

}  // namespace slm
