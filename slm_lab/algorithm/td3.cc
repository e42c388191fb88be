#include "slm_lab/algorithm/td3.h"

#include <algorithm>

#include "slm_lab/algorithm/divergence.h"
#include "slm_lab/algorithm/exploration.h"
#include "slm_lab/algorithm/off_policy_plan.h"
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

Td3::Td3(const Td3Config& config, const ReplayConfig& replay, const NetConfig& net, const EnvInfo& info,
         const Streams& streams)
    : config_(config),
      unit_space_(unit_box(info.action_space.size())),
      actor_(make_actor(net, info, streams), net),
      target_actor_(actor_, net.target),
      critics_("TD3", net, Space::row(info.obs_space.size() + info.action_space.size()), 1, streams),
      policy_(info.action_space.size()),
      loop_(config.loop, replay, info),
      first_output_(Matrix::Zero(replay.batch_size, 1)),
      targets_(replay.batch_size) {}

void Td3::act(const ObservationsView& obs, ActMode mode, Rng& rng, Matrix& actions) {
  if (mode == ActMode::train && loop_.warming_up()) {
    actions.resize(obs.rows(), unit_space_.size());
    return sample_space(unit_space_, rng, actions);
  }
  policy_.act(actor_.infer(obs), actions);
  if (mode == ActMode::greedy) return;
  const Schedule& noise = config_.explore_var_spec;
  const double std = mode == ActMode::evaluate ? noise.end() : noise.at(frame_);
  for (float& a : actions.reshaped<Eigen::RowMajor>())
    a = std::clamp(a + static_cast<float>(std * rng.standard_normal()), -1.0f, 1.0f);
}

void Td3::observe(const ObservationsView& obs, const Matrix& actions, const StepResult& step) {
  loop_.observe(obs, actions, step);
}

std::optional<TrainStats> Td3::update(std::int64_t frame, Rng& rng) {
  std::optional<TrainStats> stats;
  if (loop_.due()) stats = train(rng);
  frame_ = frame;
  actor_.advance(frame, stats.has_value());
  critics_.advance(frame, stats.has_value(), loop_.num_envs());
  if (!target_actor_.is_polyak()) target_actor_.update(actor_, frame, loop_.num_envs());
  return stats;
}

// Algorithm 1.
TrainStats Td3::train(Rng& rng) {
  OffPolicyStats stats;
  for (int i = 0; i < loop_.num_batches(); ++i) {
    loop_.draw(rng, frame_);
    bootstrap(rng);
    train_critics(stats);
    if (++iteration_ % config_.policy_delay != 0) continue;
    train_actor(stats);
    critics_.follow();
    if (target_actor_.is_polyak()) target_actor_.polyak_towards(actor_);
  }
  return stats.means();
}

// y = r + gamma min_i Q_target_i(s', a'),  a' = clip(pi_target(s') + clip(noise, -c, c), -1, 1).
void Td3::bootstrap(Rng& rng) {
  const Batch& batch = loop_.batch();
  policy_.act(target_actor_.infer(batch.next_obs), next_actions_);
  for (float& a : next_actions_.reshaped<Eigen::RowMajor>()) {
    const double noise = config_.policy_noise * rng.standard_normal();
    a = std::clamp(a + static_cast<float>(std::clamp(noise, -config_.noise_clip, config_.noise_clip)), -1.0f, 1.0f);
  }
  join(batch.next_obs, next_actions_, inputs_);
  const auto& [q1, q2] = critics_.target_values(inputs_);
  targets_ = q1.col(0).cwiseMin(q2.col(0));
  targets_ = batch.rewards + batch.discounts.cwiseProduct(targets_);
}

// Each critic: mean of loss(Q_i(s, a), y).
void Td3::train_critics(OffPolicyStats& stats) {
  const Batch& batch = loop_.batch();
  join(batch.obs, batch.actions, inputs_);
  stats.add_critics(critics_.fit(inputs_, first_output_, targets_, batch.draw.weights));
  loop_.prioritize(critics_.td_errors());
}

// J = -mean of Q_1(s, pi(s)).
void Td3::train_actor(OffPolicyStats& stats) {
  const Batch& batch = loop_.batch();
  const double loss = policy_.loss(actor_.forward(batch.obs), batch.obs, critics_.online().learner(0));
  require_finite(loss, "TD3", "policy loss");
  actor_.backward(policy_.d_outputs());
  const float norm = actor_.step();
  require_finite(norm, "TD3", "policy gradient");
  stats.add_actor(loss, norm);
}

void Td3::share_work(ThreadPool& threads) {
  actor_.net().share_work(threads);
  target_actor_.net().share_work(threads);
  critics_.share_work(threads);
}

std::int64_t Td3::opt_step() const { return actor_.opt_step() + critics_.opt_step(); }

Coefficients Td3::coefficients() const {
  return {.lr = (actor_.lr() + 2 * critics_.lr()) / 3, .explore_var = config_.explore_var_spec.at(frame_)};
}

std::vector<NamedNet> Td3::nets() {
  std::vector<NamedNet> nets{{"net", &actor_.net()}, {"target_net", &target_actor_.net()}};
  critics_.append_nets(nets);
  return nets;
}

void Td3::serialize(Archive& archive) {
  archive("actor", actor_);
  archive("target_actor", target_actor_);
  archive("critics", critics_);
  archive("replay", loop_);
  archive("frame", frame_);
  archive("iteration", iteration_);
}

}  // namespace slm
