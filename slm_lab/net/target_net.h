#pragma once

#include <cstdint>
#include <memory>

#include "slm_lab/net/config.h"
#include "slm_lab/net/trainer.h"

namespace slm {

/// A slow copy of a learner's net, which is only asked. It starts as a copy (the reference's starts with weights of its
/// own).
class TargetNet {
 public:
  TargetNet(const Trainer& online, const TargetUpdateConfig& config) : net_(online.net().clone()), config_(config) {}

  ConstMatrixRef infer(const ObservationsView& x) {
    const PhaseTimer timer(Phase::forward);
    return net_->infer(x);
  }
  Net& net() { return *net_; }  ///< for model files

  /// To be called once per step of all environments: `replace` copies when `frame` passes a multiple of
  /// update_frequency, `polyak` moves by polyak_coef.
  void update(const Trainer& online, std::int64_t frame, int num_envs);
  /// One polyak move, whenever the caller wants it.
  void polyak_towards(const Trainer& online);
  bool is_polyak() const { return config_.is_polyak(); }
  void serialize(Archive& archive);

 private:
  std::unique_ptr<Net> net_;
  TargetUpdateConfig config_;
};

}  // namespace slm
