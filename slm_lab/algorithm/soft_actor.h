#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "slm_lab/algorithm/off_policy_stats.h"
#include "slm_lab/algorithm/soft_config.h"
#include "slm_lab/algorithm/soft_policy.h"
#include "slm_lab/algorithm/temperature.h"
#include "slm_lab/net/config.h"
#include "slm_lab/net/trainer.h"

namespace slm {

/// The actor of soft actor-critic: a policy, its net, and the temperature that holds its entropy.
class SoftActor {
 public:
  /// `algorithm`: its name, for errors. The net is initialised from the stream "init" 0.
  SoftActor(std::string_view algorithm, const SoftConfig& config, const NetConfig& net, const EnvInfo& info,
            const Streams& streams);

  /// Draws into `actions` (n, action_dim) for `obs` (n, obs_dim).
  void act(const ObservationsView& obs, ActMode mode, std::int64_t frame, Rng& rng, Matrix& actions) {
    policy_->act(actor_.infer(obs), mode, frame, rng, actions);
  }
  /// `n` actions that do not depend on a state.
  void act_uniformly(Eigen::Index n, Rng& rng, Matrix& actions) { policy_->act_uniformly(n, rng, actions); }
  SoftPolicy& policy() { return *policy_; }

  /// Draws what the policy does next in `obs` (n, obs_dim); returns what critics see of that, for values().
  ObservationsView look_ahead(const ObservationsView& obs, Rng& rng);
  /// V into `values` (n), with the critics' `q1` and `q2` of what look_ahead() gave.
  void values(const ConstMatrixRef& q1, const ConstMatrixRef& q2, Vector& values);

  /// A step of the policy on `obs` (n, obs_dim), of which `critics` had their last step, then one of the temperature.
  void train(const ObservationsView& obs, TwinLearners& critics, Rng& rng, OffPolicyStats& stats);
  void advance(std::int64_t frame, bool trained) { actor_.advance(frame, trained); }

  double entropy() const { return entropy_; }  ///< of the policy, mean over the last batch, nats; NaN before the first
  Coefficients coefficients(std::int64_t /*frame*/) const { return {.alpha = temperature_.alpha()}; }
  double lr() const { return actor_.lr(); }
  std::int64_t opt_step() const { return actor_.opt_step(); }
  void append_nets(std::vector<NamedNet>& nets) { nets.push_back({"net", &actor_.net()}); }
  void share_work(ThreadPool& threads) { actor_.net().share_work(threads); }
  void serialize(Archive& archive);

 private:
  std::string_view algorithm_;
  std::unique_ptr<SoftPolicy> policy_;
  Trainer actor_;
  Temperature temperature_;
  double entropy_ = TrainStats::kNone;
};

}  // namespace slm
