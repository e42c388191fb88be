#include "slm_lab/algorithm/soft_actor.h"

#include "slm_lab/algorithm/divergence.h"
#include "slm_lab/algorithm/policy_net.h"
#include "slm_lab/base/archive.h"

namespace slm {

SoftActor::SoftActor(std::string_view algorithm, const SoftConfig& config, const NetConfig& net, const EnvInfo& info,
                     const Streams& streams)
    : algorithm_(algorithm),
      policy_(make_soft_policy(config.action, info)),
      actor_(make_policy_net(net, info, streams), net),
      temperature_(config.temperature, net.optim_spec, target_entropy(config, info.action_space)) {}

ObservationsView SoftActor::look_ahead(const ObservationsView& obs, Rng& rng) {
  return policy_->look_ahead(actor_.infer(obs), obs, rng);
}

void SoftActor::values(const ConstMatrixRef& q1, const ConstMatrixRef& q2, Vector& values) {
  policy_->values(q1, q2, temperature_.alpha(), values);
}

void SoftActor::train(const ObservationsView& obs, TwinLearners& critics, Rng& rng, OffPolicyStats& stats) {
  const double loss = policy_->loss({.outputs = actor_.forward_in_training(obs),
                                     .obs = obs,
                                     .critics = critics,
                                     .min_q = critics.min_q(),
                                     .alpha = temperature_.alpha()},
                                    rng);
  require_finite(loss, algorithm_, "policy loss");
  entropy_ = policy_->entropy();
  actor_.backward(policy_->d_outputs());
  const float norm = actor_.step();
  require_finite(norm, algorithm_, "policy gradient");
  stats.add_actor(loss, norm);
  temperature_.train(entropy_, actor_.lr());
}

void SoftActor::serialize(Archive& archive) {
  archive("actor", actor_);
  archive("temperature", temperature_);
  archive("entropy", entropy_);
}

}  // namespace slm
