#include "slm_lab/algorithm/temperature.h"

#include <algorithm>
#include <cmath>

#include "slm_lab/base/archive.h"

namespace slm {
namespace {

OptimizerConfig without_decay(OptimizerConfig config) {
  config.weight_decay = 0;  // there is nothing that log(alpha) = 0 would be natural for
  return config;
}

}  // namespace

void read_temperature_config(SpecReader& reader, TemperatureConfig& c) {
  reader.read("fixed_alpha", c.fixed_alpha, "a temperature that stays; null: learnt", at_least(0));
  reader.read("alpha_lr", c.alpha_lr, "learning rate of the temperature; null: that of the nets", above(0));
  reader.read("log_alpha_min", c.log_alpha_min, "the temperature's logarithm stays above it");
  reader.read("log_alpha_max", c.log_alpha_max, "and below it");
  if (c.log_alpha_max < c.log_alpha_min) reader.problem("log_alpha_max", "expected no less than log_alpha_min");
}

Temperature::Temperature(const TemperatureConfig& config, const OptimizerConfig& optimizer, double target_entropy)
    : config_(config), target_entropy_(target_entropy), optimizer_(without_decay(optimizer), 1) {}

float Temperature::alpha() const {
  return config_.fixed_alpha ? static_cast<float>(*config_.fixed_alpha) : std::exp(log_alpha_);
}

void Temperature::train(double entropy, double lr) {
  if (config_.fixed_alpha) return;
  const auto gradient = static_cast<float>(entropy - target_entropy_);
  optimizer_.set_lr(config_.alpha_lr.value_or(lr));
  optimizer_.step({&log_alpha_, 1}, {&gradient, 1});
  log_alpha_ =
      std::clamp(log_alpha_, static_cast<float>(config_.log_alpha_min), static_cast<float>(config_.log_alpha_max));
}

void Temperature::serialize(Archive& archive) {
  archive("log_alpha", log_alpha_);
  archive("optimizer", optimizer_);
}

}  // namespace slm
