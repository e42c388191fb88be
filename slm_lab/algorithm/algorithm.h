#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "slm_lab/algorithm/mode_action.h"
#include "slm_lab/base/matrix.h"
#include "slm_lab/base/rng.h"
#include "slm_lab/env/action_scale.h"
#include "slm_lab/env/vec_env.h"
#include "slm_lab/net/net.h"

namespace slm {

enum class ActMode {
  train,     ///< with exploration at its scheduled value
  evaluate,  ///< samples as in training, exploration at the end of its schedule; changes nothing
  greedy,    ///< the most likely or mean action; changes nothing
};

/// What one round of training reports; a quantity an algorithm does not have stays NaN.
struct TrainStats {
  static constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  double loss = kNone;  ///< total, mean over the round
  double policy_loss = kNone;
  double value_loss = kNone;
  double entropy = kNone;  ///< mean policy entropy, nats
  double explained_variance =
      kNone;          ///< of the targets by the values they were last estimated with; 1: all, below 0: worse than none
  double kl = kNone;  ///< mean KL(old || new) estimate over the last pass
  double clip_fraction = kNone;
  double q_value = kNone;    ///< mean Q(s, a) of the rows trained on
  double td_error = kNone;   ///< mean |target - Q(s, a)| of the same
  double grad_norm = kNone;  ///< mean L2 norm before clipping, over the nets that stepped
};

/// The scheduled quantities as they stand; NaN where the algorithm has none.
struct Coefficients {
  double lr = TrainStats::kNone;           ///< mean over the nets' optimisers
  double explore_var = TrainStats::kNone;  ///< epsilon or tau
  double entropy_coef = TrainStats::kNone;
  double clip_eps = TrainStats::kNone;
  double alpha = TrainStats::kNone;  ///< SAC's temperature
};

struct NamedNet {
  std::string name;  ///< as in the model files: net, critic_net, target_net, ...
  Net* net;
};

/// An agent: acts, observes, learns. It owns its nets and its memory; it draws from the generators it is handed.
class Algorithm {
 public:
  virtual ~Algorithm() = default;
  /// Draws one action per row of `obs` (num_envs, obs_dim) into `actions` (num_envs, action_dim). An ActionScale of
  /// action_range() makes of them what the environment gets.
  virtual void act(const ObservationsView& obs, ActMode mode, Rng& rng, Matrix& actions) = 0;
  virtual ActionRange action_range() const { return ActionRange::environment; }
  /// Of continuous actions: what ActMode::greedy makes of the outputs of nets()[0].
  virtual ModeAction mode_action() const {
    return action_range() == ActionRange::unit ? ModeAction::tanh : ModeAction::mean;
  }
  /// What greedy actions need of the outputs of nets()[0] beside that, by the keys of `agent.algorithm`, numbers as
  /// JSON: for model files.
  virtual std::map<std::string, std::string> head_description() const { return {}; }
  /// Stores one step of every environment: `actions`, as act() drew them in ActMode::train on `obs`, led to `step`.
  virtual void observe(const ObservationsView& obs, const Matrix& actions, const StepResult& step) = 0;
  /// Trains when enough has been observed since the last time, otherwise returns nothing; then moves every schedule to
  /// `frame` (environment steps over all rows so far, this one included).
  virtual std::optional<TrainStats> update(std::int64_t frame, Rng& rng) = 0;

  virtual std::int64_t opt_step() const = 0;  ///< optimiser steps so far, counted per net
  virtual Coefficients coefficients() const = 0;
  virtual std::vector<NamedNet> nets() = 0;  ///< the nets that model files hold
  /// Threads that may share its computing; borrowed. No bit of a result depends on how many there are.
  virtual void share_work(ThreadPool& threads) {
    for (const NamedNet& net : nets()) net.net->share_work(threads);
  }
  virtual void serialize(Archive& archive) = 0;  ///< everything, partial rollout included
};

}  // namespace slm
