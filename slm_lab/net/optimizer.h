#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "slm_lab/net/parameters.h"
#include "slm_lab/spec/reader.h"

namespace slm {

class ThreadPool;

/// The settings of all optimisers; each reads its own. Defaults are PyTorch 2.8's, those that differ set by name.
struct OptimizerConfig {
  std::string name = "Adam";
  double lr = 1e-3;
  std::vector<double> betas = {0.9, 0.999};
  double eps = 1e-8;
  double weight_decay = 0;               ///< added to the gradient; AdamW: shrinks the weights instead
  bool amsgrad = false;                  ///< Adam, AdamW: divide by the largest second moment so far
  bool decoupled_weight_decay = false;   ///< RAdam, NAdam: as in AdamW
  double alpha = 0.99;                   ///< RMSprop: smoothing of the squared gradient
  double momentum = 0;                   ///< RMSprop, SGD
  bool centered = false;                 ///< RMSprop: divide by the deviation from the mean gradient
  double dampening = 0;                  ///< SGD
  bool nesterov = false;                 ///< SGD
  double momentum_decay = 4e-3;          ///< NAdam
  double lr_decay = 0;                   ///< Adagrad
  double initial_accumulator_value = 0;  ///< Adagrad
  double rho = 0.9;                      ///< Adadelta: smoothing of both averages
};

std::vector<std::string> optimizer_names();
/// The optimiser `name` (any case) with its defaults.
OptimizerConfig default_optimizer(std::string_view name);
/// Reads the object `optim_spec` and ends it with done().
OptimizerConfig read_optimizer_config(SpecReader& spec);

/// Moves one flat buffer of parameters against its gradient; the state (moments) lies in buffers of the same shape.
class Optimizer {
 public:
  Optimizer(const OptimizerConfig& config, std::size_t size);
  /// One step along the gradient times `grad_scale`. Threads may share it, to the same bits.
  void step(std::span<float> parameters, std::span<const float> grads, float grad_scale = 1,
            ThreadPool* threads = nullptr);
  void set_lr(double lr) { lr_ = lr; }
  double lr() const { return lr_; }
  std::int64_t steps() const { return steps_; }
  void serialize(Archive& archive);

 private:
  OptimizerConfig config_;
  double lr_;
  std::int64_t steps_ = 0;
  double mu_product_ = 1;              // NAdam's running product
  std::vector<AlignedBuffer> states_;  // meaning by optimiser: optimizer.cc
};

}  // namespace slm
