#include "slm_lab/algorithm/sil.h"

#include <fmt/format.h>

#include "slm_lab/algorithm/actor_critic.h"
#include "slm_lab/algorithm/divergence.h"
#include "slm_lab/algorithm/memory_checks.h"
#include "slm_lab/algorithm/ppo.h"
#include "slm_lab/algorithm/training_pass.h"
#include "slm_lab/base/archive.h"

namespace slm {
namespace {

ImitationConfig read_imitation_config(SpecReader& reader) {
  ImitationConfig c;
  reader.require("sil_policy_loss_coef", c.sil_policy_loss_coef, "weight of the imitation loss", at_least(0));
  reader.require("sil_val_loss_coef", c.sil_val_loss_coef, "weight of the imitation loss of the critic", at_least(0));
  reader.require("training_iter", c.training_iter, "replay batches after each on-policy update", at_least(1));
  reader.require("training_batch_iter", c.training_batch_iter, "gradient steps on each replay batch", at_least(1));
  return c;
}

std::unique_ptr<ActorCritic> make_base(const ActorCriticPlan& plan, const EnvInfo& info, const Streams& streams) {
  return plan.make_actor_critic(info, streams);
}
std::unique_ptr<Ppo> make_base(const PpoPlan& plan, const EnvInfo& info, const Streams& streams) {
  return plan.make_ppo(info, streams);
}

template <class BasePlan>
class ImitationPlan final : public AlgorithmPlan {
 public:
  explicit ImitationPlan(AgentReader& agent) : base_(agent), config_(read_imitation_config(agent.algorithm)) {}
  double gamma() const override { return base_.gamma(); }
  TrainingRate training_rate(int num_envs) const override {
    TrainingRate rate = base_.training_rate(num_envs);
    rate.updates += base_.rollout_rate(num_envs).updates * config_.training_iter * config_.training_batch_iter;
    return rate;
  }
  std::int64_t replay_bytes(const EnvInfo& info) const override { return imitation_replay_bytes(replay(), info); }
  void check(const EnvInfo& info, AgentReader& agent) const override {
    base_.check(info, agent);
    if (base_.memory().is_replay()) return;
    if (base_.memory().sil_replay_name.empty())
      agent.memory.problem("sil_replay_name", fmt::format("{} needs it: Replay", agent.name));
    check_replay_size(replay(), replay_bytes(info), agent);
  }
  std::unique_ptr<Algorithm> make(const EnvInfo& info, const Streams& streams) const override {
    auto base = make_base(base_, info, streams);
    const PolicyAccess access = base->access();
    return std::make_unique<SelfImitation>(std::move(base), access, config_, base_.gamma(), replay(), info);
  }

 private:
  const ReplayConfig& replay() const { return base_.memory().replay; }

  BasePlan base_;
  ImitationConfig config_;
};

}  // namespace

std::unique_ptr<const AlgorithmPlan> read_sil(AgentReader& agent) {
  return std::make_unique<ImitationPlan<ActorCriticPlan>>(agent);
}

std::unique_ptr<const AlgorithmPlan> read_ppo_sil(AgentReader& agent) {
  return std::make_unique<ImitationPlan<PpoPlan>>(agent);
}

SelfImitation::SelfImitation(std::unique_ptr<Algorithm> base, PolicyAccess access, const ImitationConfig& config,
                             double gamma, const ReplayConfig& replay, const EnvInfo& info)
    : base_(std::move(base)),
      access_(access),
      config_(config),
      replay_(replay, static_cast<float>(gamma), info),
      final_values_(Vector::Zero(info.num_envs)) {}

void SelfImitation::observe(const ObservationsView& obs, const Matrix& actions, const StepResult& step) {
  base_->observe(obs, actions, step);
  if ((step.truncated && !step.terminated).any()) access_.nets->infer_values(step.next_obs, final_values_);
  replay_.add(obs, actions, step, final_values_);
}

std::optional<TrainStats> SelfImitation::update(std::int64_t frame, Rng& rng) {
  std::optional<TrainStats> stats = base_->update(frame, rng);
  if (!stats || replay_.size() == 0) return stats;
  const TrainingPass pass;
  double loss = 0;
  for (int iter = 0; iter < config_.training_iter; ++iter) {
    replay_.sample(rng, frame, batch_);
    for (int repetition = 0; repetition < config_.training_batch_iter; ++repetition) loss += imitate();
  }
  stats->loss += loss / (config_.training_iter * config_.training_batch_iter);
  return stats;
}

double SelfImitation::imitate() {
  const Eigen::Index n = batch_.obs.rows();
  ActorCriticNets& nets = *access_.nets;
  nets.forward(batch_.obs);
  access_.distribution->evaluate(nets.policy_outputs(), batch_.actions);
  const ImitationLoss loss = imitation_loss(config_, access_.distribution->log_probs(), nets.values(), batch_.returns,
                                            batch_.draw.weights, advantages_, d_log_probs_, nets.d_values());
  require_finite(loss.policy_loss + loss.value_loss, "SIL", "imitation loss");
  replay_.update_priorities(batch_.draw, advantages_);
  access_.distribution->gradient({d_log_probs_.data(), n}, 0, nets.d_policy_outputs());
  require_finite(nets.step(), "SIL", "imitation gradient");
  return loss.policy_loss + loss.value_loss;
}

// With A+ = max(R - V, 0), not differentiated in the first term:
// L = -policy_coef * mean(log pi(a|s) A+) + val_coef / 2 * mean(A+^2), eq. 2 and 3.
ImitationLoss imitation_loss(const ImitationConfig& config, const Eigen::Ref<const Vector>& log_probs,
                             const Eigen::Ref<const Vector>& values, const Eigen::Ref<const Vector>& returns,
                             const Eigen::Ref<const Vector>& weights, Vector& advantages, Vector& d_log_probs,
                             Eigen::Ref<Vector> d_values) {
  const float share = 1 / static_cast<float>(values.size());
  const auto policy_coef = static_cast<float>(config.sil_policy_loss_coef);
  const auto val_coef = static_cast<float>(config.sil_val_loss_coef);
  advantages = (returns - values).cwiseMax(0);
  d_log_probs = -policy_coef * share * weights.cwiseProduct(advantages);
  d_values = -val_coef * share * weights.cwiseProduct(advantages);
  return {d_log_probs.dot(log_probs), -0.5 * d_values.dot(advantages)};
}

void SelfImitation::serialize(Archive& archive) {
  archive("base", *base_);
  archive("replay", replay_);
}

}  // namespace slm
