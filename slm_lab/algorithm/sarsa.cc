#include "slm_lab/algorithm/sarsa.h"

#include "slm_lab/algorithm/divergence.h"
#include "slm_lab/algorithm/memory_checks.h"
#include "slm_lab/algorithm/policy_net.h"
#include "slm_lab/algorithm/training_pass.h"
#include "slm_lab/base/archive.h"
#include "slm_lab/memory/episodes.h"

namespace slm {
namespace {

SarsaConfig read_sarsa_config(SpecReader& reader) {
  SarsaConfig c;
  c.action = read_action_config(reader);
  if (!c.action.explore_var_spec) reader.problem("explore_var_spec", "expected a schedule; this key is required");
  reader.require("gamma", c.gamma, "discount factor", between(0, 1));
  reader.require("training_frequency", c.training_frequency,
                 "train after so many episodes (OnPolicyReplay) or steps of every environment (OnPolicyBatchReplay)",
                 at_least(1));
  return c;
}

class SarsaPlan final : public AlgorithmPlan {
 public:
  explicit SarsaPlan(AgentReader& agent)
      : config_(read_sarsa_config(agent.algorithm)),
        memory_(read_memory_config(agent.memory)),
        net_(read_net_config(agent.net, {.loss = true})) {}
  double gamma() const override { return config_.gamma; }
  TrainingRate training_rate(int num_envs) const override {
    return rollout_rate(memory_, config_.training_frequency, num_envs);
  }
  void check(const EnvInfo& info, AgentReader& agent) const override {
    check_on_policy_memory(memory_, info, agent);
    check_value_based_actions(config_.action, info, agent.algorithm);
    check_net(net_, info.obs_space, 1, agent.net);
  }
  std::unique_ptr<Algorithm> make(const EnvInfo& info, const Streams& streams) const override {
    return std::make_unique<Sarsa>(config_, memory_, net_, info, streams);
  }

 private:
  SarsaConfig config_;
  MemoryConfig memory_;
  NetConfig net_;
};

}  // namespace

std::unique_ptr<const AlgorithmPlan> read_sarsa(AgentReader& agent) { return std::make_unique<SarsaPlan>(agent); }

Sarsa::Sarsa(const SarsaConfig& config, const MemoryConfig& memory, const NetConfig& net, const EnvInfo& info,
             const Streams& streams)
    : config_(config),
      exploration_(config.action, info.action_space),
      trainer_(make_policy_net(net, info, streams), net),
      memory_(make_on_policy_memory(memory, config.training_frequency, info)),
      loss_(net.loss_spec) {}

void Sarsa::act(const ObservationsView& obs, ActMode mode, Rng& rng, Matrix& actions) {
  exploration_.act(trainer_.infer(obs), mode, frame_, rng, actions);
}

void Sarsa::observe(const ObservationsView& obs, const Matrix& actions, const StepResult& step) {
  memory_->add(obs, actions, step);
}

std::optional<TrainStats> Sarsa::update(std::int64_t frame, Rng& rng) {
  if (!memory_->ready()) {
    advance(frame, false);
    return std::nullopt;
  }
  const TrainStats stats = train(rng);
  memory_->clear();
  advance(frame, true);
  return stats;
}

void Sarsa::advance(std::int64_t frame, bool trained) {
  frame_ = frame;
  trainer_.advance(frame, trained);
}

TrainStats Sarsa::train(Rng& rng) {
  const TrainingPass pass;
  const Rollout& rollout = memory_->rollout();
  const Eigen::Index n = rollout.size(), num_finals = rollout.final_obs().rows();
  for (Vector* v : {&values_, &targets_})
    if (v->size() < n) v->resize(n);
  if (ones_.size() < n) ones_.setOnes(n);
  if (final_values_.size() < n) final_values_.resize(n);  // at most so many

  // Where the next action is not in the rollout, one is drawn from the policy as it stands.
  if (num_finals > 0) {
    const ConstMatrixRef outputs = trainer_.infer(rollout.final_obs());
    if (final_actions_.rows() < num_finals) final_actions_.resize(n, 1);
    exploration_.choose(outputs, ActMode::train, frame_, rng, final_actions_.topRows(num_finals));
    pick_values(outputs, final_actions_.topRows(num_finals), final_values_);
  }
  const ConstMatrixRef outputs = trainer_.forward_in_training(rollout.obs());
  pick_values(outputs, rollout.actions(), values_);

  // y = r + gamma Q(s', a'), 0 after the end of the task
  MatrixRef next_values = grown(next_values_, rollout.num_steps(), rollout.num_envs());
  rollout.next_values(values_, final_values_, next_values);
  Eigen::Map<Matrix>(targets_.data(), rollout.num_steps(), rollout.num_envs()) =
      rollout.rewards() + static_cast<float>(config_.gamma) * rollout.not_terminated().cwiseProduct(next_values);
  const double loss = loss_(outputs, rollout.actions(), targets_.head(n), ones_.head(n));
  require_finite(loss, "SARSA", "loss");

  trainer_.backward(loss_.d_q_values());
  const float grad_norm = trainer_.step();
  require_finite(grad_norm, "SARSA", "gradient");
  return {.loss = loss,
          .value_loss = loss,
          .q_value = loss_.mean_value(),
          .td_error = loss_.mean_error(),
          .grad_norm = grad_norm};
}

Coefficients Sarsa::coefficients() const {
  return {.lr = trainer_.lr(), .explore_var = exploration_.explore_var(frame_)};
}

void Sarsa::serialize(Archive& archive) {
  archive("trainer", trainer_);
  archive("memory", *memory_);
  archive("frame", frame_);
}

}  // namespace slm
