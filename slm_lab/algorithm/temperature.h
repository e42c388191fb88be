#pragma once

#include <optional>

#include "slm_lab/net/optimizer.h"
#include "slm_lab/spec/reader.h"

namespace slm {

class Archive;

struct TemperatureConfig {
  std::optional<double> fixed_alpha = {};  // learnt where absent
  std::optional<double> alpha_lr = {};     // absent: that of the nets
  double log_alpha_min = -5, log_alpha_max = 2;
};
void read_temperature_config(SpecReader& reader, TemperatureConfig& config);

/// SAC's temperature alpha, the price of entropy: it falls while the policy's entropy is above the target, and rises
/// while it is below. Starts at 1.
class Temperature {
 public:
  Temperature(const TemperatureConfig& config, const OptimizerConfig& optimizer, double target_entropy);
  float alpha() const;
  /// One step on log(alpha) * (entropy - target entropy); `lr` is the nets' learning rate as it stands.
  void train(double entropy, double lr);
  void serialize(Archive& archive);

 private:
  TemperatureConfig config_;
  double target_entropy_;
  float log_alpha_ = 0;
  Optimizer optimizer_;
};

}  // namespace slm
