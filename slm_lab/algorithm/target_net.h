#pragma once

#include <cstdint>
#include <memory>

#include "slm_lab/net/config.h"
#include "slm_lab/net/net.h"

namespace slm {

/// A slow copy of an online net. It starts as a copy (the reference's starts with weights of its own).
class TargetNet {
 public:
  TargetNet(const Net& online, const TargetUpdateConfig& config) : net_(online.clone()), config_(config) {}
  Net& net() { return *net_; }

  /// To be called once per step of all environments: `replace` copies when `frame` passes a multiple of
  /// update_frequency, `polyak` moves by polyak_coef.
  void update(const Net& online, std::int64_t frame, int num_envs);
  /// One polyak move, whenever the caller wants it.
  void polyak_towards(const Net& online);
  bool is_polyak() const { return config_.is_polyak(); }
  void serialize(Archive& archive);

 private:
  std::unique_ptr<Net> net_;
  TargetUpdateConfig config_;
};

}  // namespace slm
