#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "slm_lab/algorithm/algorithm.h"
#include "slm_lab/algorithm/exploration.h"
#include "slm_lab/base/rng.h"
#include "slm_lab/net/config.h"
#include "slm_lab/net/trainer.h"

namespace slm {

/// A policy and a critic: one net whose last output is the value (`shared`), or two nets.
class ActorCriticNets {
 public:
  ActorCriticNets(const ActorCriticNetConfig& config, const ActionConfig& action, const EnvInfo& info,
                  const Streams& streams);

  /// Outputs of the policy (n, num_policy_outputs) for `obs` (n, obs_dim); valid until the next call.
  ConstMatrixRef infer_policy(const ObservationsView& obs);
  /// Into the first n of `values`, which grows where it is shorter.
  void infer_values(const ObservationsView& obs, Vector& values);

  /// One training step, in the order forward, write the gradients, step. `obs` (n, obs_dim) must live until step().
  void forward(const ObservationsView& obs);
  const ConstMatrixRef& policy_outputs() const { return *policy_outputs_; }  // (n, num_policy_outputs)
  Eigen::Map<const Vector> values() const { return {values_.data(), n_}; }   // (n)
  MatrixRef d_policy_outputs();                                              // (n, num_policy_outputs)
  Eigen::Map<Vector> d_values() { return {d_values_.data(), n_}; }           // (n)
  /// Steps every net with the gradients written since forward(); returns the mean of their gradient norms before
  /// clipping.
  float step();

  const NetConfig& critic_config() const { return config_.shared ? config_.actor : config_.critic; }
  void advance(std::int64_t frame, bool trained);
  double lr() const;              ///< mean over the nets
  std::int64_t opt_step() const;  ///< sum over the nets
  std::vector<NamedNet> nets();
  void serialize(Archive& archive);

 private:
  ActorCriticNetConfig config_;
  Eigen::Index num_policy_outputs_;
  std::unique_ptr<Trainer> actor_;   // of both when shared
  std::unique_ptr<Trainer> critic_;  // null when shared

  Eigen::Index n_ = 0;  // rows of the last forward()
  std::optional<ConstMatrixRef> policy_outputs_;
  Vector values_, d_values_;
  Matrix d_outputs_, d_critic_outputs_;
};

/// What of the two does not fit the environment, reported at the keys of `net`.
void check_actor_critic_nets(const ActorCriticNetConfig& config, const ActionConfig& action, const EnvInfo& info,
                             SpecReader& net);

/// The parts of an on-policy algorithm that another one trains too (self-imitation); they live as long as it.
struct PolicyAccess {
  ActorCriticNets* nets;
  Distribution* distribution;
};

}  // namespace slm
