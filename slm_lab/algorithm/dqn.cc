#include "slm_lab/algorithm/dqn.h"

#include <fmt/format.h>

#include "slm_lab/algorithm/divergence.h"
#include "slm_lab/algorithm/off_policy_plan.h"
#include "slm_lab/algorithm/policy_net.h"
#include "slm_lab/algorithm/training_pass.h"
#include "slm_lab/base/archive.h"
#include "slm_lab/net/registry.h"

namespace slm {
namespace {

DqnConfig read_dqn_config(SpecReader& reader, const std::string& name) {
  DqnConfig c;
  c.name = name;
  c.target = name == "VanillaDQN"  ? DqnConfig::Target::online
             : name == "DoubleDQN" ? DqnConfig::Target::double_target
                                   : DqnConfig::Target::target;
  c.action = read_action_config(reader);
  if (!c.action.explore_var_spec) reader.problem("explore_var_spec", "expected a schedule; this key is required");
  c.loop = read_off_policy_config(reader,
                                  {"train only when more transitions than this were seen; default: memory.batch_size"});
  reader.require("training_batch_iter", c.training_batch_iter, "gradient steps on each batch", at_least(1));
  if (name == "C51") {
    c.atoms = read_atoms_config(reader);
    bool is_double = false;
    reader.read("double", is_double, "the online net picks the next action, as in DoubleDQN");
    if (is_double) c.target = DqnConfig::Target::double_target;
  }
  return c;
}

class DqnPlan final : public OffPolicyPlan<Dqn, DqnConfig> {
 public:
  using OffPolicyPlan::OffPolicyPlan;
  TrainingRate training_rate(int num_envs) const override {
    TrainingRate rate = OffPolicyPlan::training_rate(num_envs);
    rate.updates *= config().training_batch_iter;
    return rate;
  }

 private:
  void check_settings(const EnvInfo& info, AgentReader& agent) const override {
    check_value_based_actions(config().action, info, agent.algorithm);
    check_net(nets(), info.obs_space, 1, agent.net);
    if (config().atoms && net_type_name(nets().type).starts_with("Dueling"))
      agent.net.problem(
          "type", "a dueling net adds up values, and C51 learns distributions; expected MLPNet, ConvNet or ImpalaNet");
    if (config().target == DqnConfig::Target::online)
      for (const char* key : {"update_type", "update_frequency", "polyak_coef"})
        if (agent.net.has(key)) agent.net.problem(key, fmt::format("{} has no target net; use DQN", agent.name));
  }
};

std::unique_ptr<QHead> make_q_head(const DqnConfig& config, const LossConfig& loss, const EnvInfo& info,
                                   int batch_size) {
  if (config.atoms) return std::make_unique<CategoricalHead>(*config.atoms, info.action_space.n, batch_size);
  return std::make_unique<ValueHead>(loss, batch_size);
}

std::unique_ptr<Net> make_q_net(const DqnConfig& config, const NetConfig& net, const EnvInfo& info,
                                const Streams& streams) {
  Rng init = streams.stream("init", 0);
  const int outputs_per_action = config.atoms ? config.atoms->num_atoms : 1;
  return make_net(net, info.obs_space, {{.width = info.action_space.n * outputs_per_action}}, init);
}

}  // namespace

std::unique_ptr<const AlgorithmPlan> read_dqn(AgentReader& agent) {
  const DqnConfig config = read_dqn_config(agent.algorithm, agent.name);
  const NetUse use{.loss = !config.atoms, .target = config.target != DqnConfig::Target::online};
  return std::make_unique<DqnPlan>(config, read_net_config(agent.net, use), agent);
}

Dqn::Dqn(const DqnConfig& config, const ReplayConfig& replay, const NetConfig& net, const EnvInfo& info,
         const Streams& streams)
    : config_(config),
      exploration_(config.action, info.action_space),
      online_(make_q_net(config, net, info, streams), net),
      loop_(config.loop, replay, info),
      head_(make_q_head(config, net.loss_spec, info, replay.batch_size)) {
  if (config.target != DqnConfig::Target::online) target_.emplace(online_, net.target);
}

void Dqn::act(const ObservationsView& obs, ActMode mode, Rng& rng, Matrix& actions) {
  exploration_.act(head_->q_values(online_.infer(obs)), mode, frame_, rng, actions);
}

void Dqn::observe(const ObservationsView& obs, const Matrix& actions, const StepResult& step) {
  loop_.observe(obs, actions, step);
}

std::optional<TrainStats> Dqn::update(std::int64_t frame, Rng& rng) {
  const TrainingPass pass;
  std::optional<TrainStats> stats;
  if (loop_.due()) stats = train(rng);
  frame_ = frame;
  online_.advance(frame, stats.has_value());
  if (target_) target_->update(online_, frame, loop_.num_envs());
  return stats;
}

TrainStats Dqn::train(Rng& rng) {
  double loss = 0, q_value = 0, td_error = 0, grad_norm = 0;
  for (int iter = 0; iter < loop_.num_batches(); ++iter) {
    loop_.draw(rng, frame_);
    for (int repetition = 0; repetition < config_.training_batch_iter; ++repetition) {
      if (repetition == 0 || config_.target != DqnConfig::Target::target) bootstrap();
      const QHead::Fit fit = train_batch(grad_norm);
      loss += fit.loss;
      q_value += fit.value;
      td_error += fit.error;
    }
  }
  const int steps = loop_.num_batches() * config_.training_batch_iter;
  return {.loss = loss / steps,
          .value_loss = loss / steps,
          .q_value = q_value / steps,
          .td_error = td_error / steps,
          .grad_norm = grad_norm / steps};
}

// y = r + gamma * max_a Q_target(s', a), or gamma * Q_target(s', argmax_a Q(s', a)) for DoubleDQN.
void Dqn::bootstrap() {
  const Batch& batch = loop_.batch();
  using enum DqnConfig::Target;
  switch (config_.target) {
    case online: {
      const ConstMatrixRef outputs = online_.infer(batch.next_obs);
      return head_->set_targets(batch, outputs, outputs);
    }
    case target: {
      const ConstMatrixRef outputs = target_->infer(batch.next_obs);
      return head_->set_targets(batch, outputs, outputs);
    }
    case double_target:
      return head_->set_targets(batch, online_.infer(batch.next_obs), target_->infer(batch.next_obs));
  }
}

QHead::Fit Dqn::train_batch(double& grad_norm) {
  const Batch& batch = loop_.batch();
  const QHead::Fit fit = head_->fit(batch, online_.forward_in_training(batch.obs));
  require_finite(fit.loss, config_.name, "loss");
  loop_.prioritize(head_->row_errors());

  online_.backward(head_->d_outputs());
  const float norm = online_.step();
  require_finite(norm, config_.name, "gradient");
  grad_norm += norm;
  return fit;
}

Coefficients Dqn::coefficients() const { return {.lr = online_.lr(), .explore_var = exploration_.explore_var(frame_)}; }

std::map<std::string, std::string> Dqn::head_description() const {
  if (!config_.atoms) return {};
  return {{"num_atoms", fmt::format("{}", config_.atoms->num_atoms)},
          {"v_min", fmt::format("{}", config_.atoms->v_min)},
          {"v_max", fmt::format("{}", config_.atoms->v_max)}};
}

std::vector<NamedNet> Dqn::nets() {
  std::vector<NamedNet> nets{{"net", &online_.net()}};
  if (target_) nets.push_back({"target_net", &target_->net()});
  return nets;
}

void Dqn::serialize(Archive& archive) {
  archive("online", online_);
  if (target_) archive("target", *target_);
  archive("replay", loop_);
  archive("frame", frame_);
}

}  // namespace slm
