#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "slm_lab/algorithm/algorithm.h"
#include "slm_lab/algorithm/off_policy_loop.h"
#include "slm_lab/algorithm/off_policy_stats.h"
#include "slm_lab/algorithm/training_pass.h"
#include "slm_lab/base/archive.h"

namespace slm {

/// An agent of an actor and two critics that learn from a replay, in actions that live in [-1, 1] everywhere but in the
/// environment. What makes it the one algorithm or the other is its `Learner`, made of (Config, Nets, EnvInfo,
/// Streams):
///   actor, critics                      its parts, which act, and count, name and save what they have
///   train_critics(batch, rng)           a step of the critics, with what it reports
///   train_actor(batch, rng, stats)      one of the actor, and of what follows it
///   advance(frame, trained, num_envs)   moves learning rates, and what is replaced now and then
template <class Learner>
class OffPolicyAgent final : public Algorithm {
 public:
  template <class Config, class Nets>
  OffPolicyAgent(const Config& config, const ReplayConfig& replay, const Nets& nets, const EnvInfo& info,
                 const Streams& streams)
      : learner_(config, nets, info, streams), loop_(config.loop, replay, info), policy_delay_(config.policy_delay) {}

  void act(const ObservationsView& obs, ActMode mode, Rng& rng, Matrix& actions) override {
    if (mode == ActMode::train && loop_.warming_up())
      learner_.actor.act_uniformly(obs.rows(), rng, actions);
    else
      learner_.actor.act(obs, mode, frame_, rng, actions);
  }
  ActionRange action_range() const override { return ActionRange::unit; }
  void observe(const ObservationsView& obs, const Matrix& actions, const StepResult& step) override {
    loop_.observe(obs, actions, step);
  }
  std::optional<TrainStats> update(std::int64_t frame, Rng& rng) override {
    const TrainingPass pass;
    std::optional<TrainStats> stats;
    if (loop_.due()) stats = train(rng);
    frame_ = frame;
    learner_.advance(frame, stats.has_value(), loop_.num_envs());
    return stats;
  }

  std::int64_t opt_step() const override { return learner_.actor.opt_step() + learner_.critics.opt_step(); }
  Coefficients coefficients() const override {
    Coefficients coefficients = learner_.actor.coefficients(frame_);
    coefficients.lr = (learner_.actor.lr() + 2 * learner_.critics.lr()) / 3;
    return coefficients;
  }
  std::vector<NamedNet> nets() override {
    std::vector<NamedNet> nets;
    learner_.actor.append_nets(nets);
    learner_.critics.append_nets(nets);
    return nets;
  }
  void share_work(ThreadPool& threads) override {
    learner_.actor.share_work(threads);
    learner_.critics.share_work(threads);
  }
  void serialize(Archive& archive) override {
    learner_.actor.serialize(archive);
    archive("critics", learner_.critics);
    archive("replay", loop_);
    archive("frame", frame_);
    archive("iteration", iteration_);
  }

 private:
  TrainStats train(Rng& rng) {
    OffPolicyStats sums;
    for (int i = 0; i < loop_.num_batches(); ++i) {
      loop_.draw(rng, frame_);
      sums.add_critics(learner_.train_critics(loop_.batch(), rng));
      loop_.prioritize(learner_.critics.td_errors());
      if (++iteration_ % policy_delay_ != 0) continue;
      learner_.train_actor(loop_.batch(), rng, sums);
    }
    TrainStats stats = sums.means();
    stats.entropy = learner_.actor.entropy();
    return stats;
  }

  Learner learner_;
  OffPolicyLoop loop_;
  int policy_delay_;
  std::int64_t frame_ = 0, iteration_ = 0;
};

}  // namespace slm
