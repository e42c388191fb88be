#pragma once

#include <cstdint>
#include <span>

#include "slm_lab/net/optimizer.h"
#include "slm_lab/net/parameters.h"

namespace slm {

/// One step of one optimiser: what goes in and what changes.
struct OptimizerStep {
  const OptimizerConfig& config;
  double lr;
  std::int64_t t;    // 1 at the first step
  float grad_scale;  // multiplies the gradient
  std::span<float> parameters;
  std::span<const float> grads;
  std::span<AlignedBuffer> states;
  double& mu_product;   // NAdam
  ThreadPool* threads;  // may share the step of Adam and its kin; nullptr: none
};

void adam_step(const OptimizerStep& s);         // Kingma & Ba 2015; amsgrad: Reddi et al. 2018
void adamw_step(const OptimizerStep& s);        // Loshchilov & Hutter 2019
void global_adam_step(const OptimizerStep& s);  // the reference's: eps is not divided by the bias correction
void rmsprop_step(const OptimizerStep& s);      // Hinton 2012
int rmsprop_states(const OptimizerConfig& c);
void global_rmsprop_step(const OptimizerStep& s);  // the reference's
void sgd_step(const OptimizerStep& s);
void radam_step(const OptimizerStep& s);     // Liu et al. 2020
void nadam_step(const OptimizerStep& s);     // Dozat 2016
void adagrad_step(const OptimizerStep& s);   // Duchi et al. 2011
void adadelta_step(const OptimizerStep& s);  // Zeiler 2012
void adamax_step(const OptimizerStep& s);    // Kingma & Ba 2015, section 7.1

}  // namespace slm
