#include "slm_lab/algorithm/reinforce.h"

#include "slm_lab/algorithm/divergence.h"
#include "slm_lab/algorithm/memory_checks.h"
#include "slm_lab/algorithm/policy_gradient.h"
#include "slm_lab/algorithm/policy_net.h"
#include "slm_lab/algorithm/returns.h"
#include "slm_lab/algorithm/training_pass.h"
#include "slm_lab/base/archive.h"
#include "slm_lab/memory/episodes.h"

namespace slm {
namespace {

ReinforceConfig read_reinforce_config(SpecReader& reader) {
  ReinforceConfig c;
  c.action = read_policy_action_config(reader);
  reader.require("gamma", c.gamma, "discount factor", between(0, 1));
  reader.require("training_frequency", c.training_frequency,
                 "train after so many episodes (OnPolicyReplay) or steps of every environment (OnPolicyBatchReplay)",
                 at_least(1));
  reader.read("center_return", c.center_return, "subtract the batch mean from the returns");
  reader.read("normalize_advantages", c.normalize_advantages,
              "standardize: returns to mean 0 and standard deviation 1 per batch", one_of({"none", "standardize"}));
  c.entropy_coef_spec =
      read_schedule(reader, "entropy_coef_spec", "weight of the entropy bonus; absent: 0", at_least(0));
  reader.read("policy_loss_coef", c.policy_loss_coef, "weight of the policy loss", at_least(0));
  return c;
}

class ReinforcePlan final : public AlgorithmPlan {
 public:
  explicit ReinforcePlan(AgentReader& agent)
      : config_(read_reinforce_config(agent.algorithm)),
        memory_(read_memory_config(agent.memory)),
        net_(read_net_config(agent.net, {.policy = true})) {}
  double gamma() const override { return config_.gamma; }
  TrainingRate training_rate(int num_envs) const override {
    return rollout_rate(memory_, config_.training_frequency, num_envs);
  }
  void check(const EnvInfo& info, AgentReader& agent) const override {
    check_on_policy_memory(memory_, info, agent);
    check_action_config(config_.action, info, /*needs_gradient=*/true, agent.algorithm);
    check_policy_net(net_, config_.action, info, agent.net);
  }
  std::unique_ptr<Algorithm> make(const EnvInfo& info, const Streams& streams) const override {
    return std::make_unique<Reinforce>(config_, memory_, net_, info, streams);
  }

 private:
  ReinforceConfig config_;
  MemoryConfig memory_;
  NetConfig net_;
};

}  // namespace

std::unique_ptr<const AlgorithmPlan> read_reinforce(AgentReader& agent) {
  return std::make_unique<ReinforcePlan>(agent);
}

Reinforce::Reinforce(const ReinforceConfig& config, const MemoryConfig& memory, const NetConfig& net,
                     const EnvInfo& info, const Streams& streams)
    : config_(config),
      exploration_(config.action, info.action_space),
      trainer_(make_policy_net(net, info, streams, config.action.sde), net),
      memory_(make_on_policy_memory(memory, config.training_frequency, info)) {}

void Reinforce::act(const ObservationsView& obs, ActMode mode, Rng& rng, Matrix& actions) {
  exploration_.act(trainer_.infer(obs), mode, frame_, rng, actions);
}

void Reinforce::observe(const ObservationsView& obs, const Matrix& actions, const StepResult& step) {
  memory_->add(obs, actions, step);
}

std::optional<TrainStats> Reinforce::update(std::int64_t frame, Rng&) {
  if (!memory_->ready()) {
    advance(frame, false);
    return std::nullopt;
  }
  const TrainStats stats = train();
  memory_->clear();
  advance(frame, true);
  return stats;
}

void Reinforce::advance(std::int64_t frame, bool trained) {
  frame_ = frame;
  trainer_.advance(frame, trained);
}

TrainStats Reinforce::train() {
  const TrainingPass pass;
  const Rollout& rollout = memory_->rollout();
  const Eigen::Index n = rollout.size();
  // There is no critic to say what would have come after a truncation or after the rollout: nothing is added there.
  MatrixRef no_next_values = grown(no_next_values_, rollout.num_steps(), rollout.num_envs());
  no_next_values.setZero();
  discounted_returns({rollout.rewards(), rollout.not_terminated(), rollout.not_ended()}, no_next_values,
                     static_cast<float>(config_.gamma), grown(returns_, rollout.num_steps(), rollout.num_envs()));
  Eigen::Map<Vector> returns(returns_.data(), n);
  if (config_.center_return) returns.array() -= returns.mean();
  if (config_.normalize_advantages == "standardize") standardize(returns);

  // J = mean_t(log pi(a_t|s_t) R_t) + entropy_coef * mean_t H(s_t); the loss is -J.
  const ConstMatrixRef outputs = trainer_.forward_in_training(rollout.obs());
  MatrixRef d_outputs = grown(d_outputs_, n, outputs.cols());
  const auto entropy_coef = static_cast<float>(coefficients().entropy_coef);
  const PolicyGradientLoss policy =
      policy_gradient_loss(exploration_.distribution(), outputs, rollout.actions(), returns,
                           static_cast<float>(config_.policy_loss_coef), entropy_coef, d_log_probs_, d_outputs);
  const float loss = policy.policy - entropy_coef * policy.entropy;
  require_finite(loss, "Reinforce", "policy loss");

  trainer_.backward(d_outputs);
  const float grad_norm = trainer_.step();
  require_finite(grad_norm, "Reinforce", "gradient");
  return {.loss = loss, .policy_loss = policy.policy, .entropy = policy.entropy, .grad_norm = grad_norm};
}

Coefficients Reinforce::coefficients() const {
  return {.lr = trainer_.lr(),
          .explore_var = exploration_.explore_var(frame_),
          .entropy_coef = config_.entropy_coef_spec ? config_.entropy_coef_spec->at(frame_) : 0};
}

void Reinforce::serialize(Archive& archive) {
  archive("exploration", exploration_);
  archive("trainer", trainer_);
  archive("memory", *memory_);
  archive("frame", frame_);
}

}  // namespace slm
