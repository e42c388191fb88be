#include "slm_lab/net/target_net.h"

#include "slm_lab/base/archive.h"

namespace slm {

void TargetNet::update(const Trainer& online, std::int64_t frame, int num_envs) {
  if (is_polyak()) return polyak_towards(online);
  if (frame % config_.update_frequency >= num_envs) return;
  const PhaseTimer timer(Phase::optimiser);
  polyak(net_->parameters(), online.net().parameters(), 1);
  net_->parameters_changed();
}

void TargetNet::polyak_towards(const Trainer& online) {
  const PhaseTimer timer(Phase::optimiser);
  polyak(net_->parameters(), online.net().parameters(), static_cast<float>(config_.polyak_coef));
  net_->parameters_changed();
}

void TargetNet::serialize(Archive& archive) {
  archive("parameters", net_->parameters());
  if (archive.loading()) net_->parameters_changed();
}

}  // namespace slm
