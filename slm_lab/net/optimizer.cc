#include "slm_lab/net/optimizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "slm_lab/base/archive.h"
#include "slm_lab/base/error.h"
#include "slm_lab/net/optimizer_steps.h"

namespace slm {
namespace {

using Config = OptimizerConfig;

// Upper bounds are far beyond use, and short of what overflows a float.
const Range kAboveZeroToOne{.low = 0, .high = 1, .low_open = true, .high_open = false, .names = {}};
const Range kRate = between(0, 1000);

void read_betas(SpecReader& r, Config& c) {
  r.read("betas", c.betas, "decay of the averages of the gradient and of its square", between(0, 1));
  if (c.betas.size() != 2 || c.betas[0] >= 1 || c.betas[1] >= 1) {
    r.problem("betas", "expected two numbers >= 0 and < 1");
    c.betas = {0.9, 0.999};
  }
}
void read_eps(SpecReader& r, Config& c) { r.read("eps", c.eps, "added to the denominator", kAboveZeroToOne); }
void read_momentum(SpecReader& r, Config& c) { r.read("momentum", c.momentum, "momentum factor", between(0, 1)); }
void read_adam(SpecReader& r, Config& c) {
  read_betas(r, c);
  read_eps(r, c);
}
void read_amsgrad(SpecReader& r, Config& c) {
  read_adam(r, c);
  r.read("amsgrad", c.amsgrad, "divide by the largest second moment so far");
}
void read_decoupled(SpecReader& r, Config& c) {
  read_adam(r, c);
  r.read("decoupled_weight_decay", c.decoupled_weight_decay, "weight decay shrinks the weights, as in AdamW");
}
void read_nadam(SpecReader& r, Config& c) {
  read_decoupled(r, c);
  r.read("momentum_decay", c.momentum_decay, "decay of the momentum schedule", between(0, 1));
}
void read_rmsprop(SpecReader& r, Config& c) {
  r.read("alpha", c.alpha, "smoothing of the squared gradient", between(0, 1));
  read_eps(r, c);
  read_momentum(r, c);
  r.read("centered", c.centered, "divide by the deviation from the mean gradient");
}
void read_global_rmsprop(SpecReader& r, Config& c) {
  r.read("alpha", c.alpha, "smoothing of the squared gradient", between(0, 1));
  read_eps(r, c);
}
void read_sgd(SpecReader& r, Config& c) {
  read_momentum(r, c);
  r.read("dampening", c.dampening, "how much the gradient is damped on its way into the momentum", between(0, 1));
  r.read("nesterov", c.nesterov, "Nesterov momentum; wants momentum > 0 and dampening 0");
  if (c.nesterov && (c.momentum <= 0 || c.dampening != 0))
    r.problem("nesterov", "Nesterov momentum requires momentum > 0 and dampening 0");
}
void read_adagrad(SpecReader& r, Config& c) {
  r.read("lr_decay", c.lr_decay, "decay of the learning rate per step", kRate);
  read_eps(r, c);
  r.read("initial_accumulator_value", c.initial_accumulator_value, "start of the sum of squares", between(0, 1e6));
}
void read_adadelta(SpecReader& r, Config& c) {
  r.read("rho", c.rho, "smoothing of the squared gradient", between(0, 1));
  read_eps(r, c);
}

int one(const Config&) { return 1; }
int two(const Config&) { return 2; }
int adam_states(const Config& c) { return c.amsgrad ? 3 : 2; }
int sgd_states(const Config& c) { return c.momentum != 0 ? 1 : 0; }

struct OptimizerEntry {
  const char* name;
  double lr, eps, weight_decay;  // defaults
  int (*num_states)(const Config&);
  void (*step)(const OptimizerStep&);  // optimizer_steps.h
  void (*read)(SpecReader&, Config&);  // all keys but lr and weight_decay
};

constexpr OptimizerEntry kOptimizers[] = {
    //  name          lr    eps    decay  states         step            keys
    {"Adam", 1e-3, 1e-8, 0, adam_states, adam_step, read_amsgrad},
    {"AdamW", 1e-3, 1e-8, 0.01, adam_states, adamw_step, read_amsgrad},
    {"RMSprop", 1e-2, 1e-8, 0, rmsprop_states, rmsprop_step, read_rmsprop},
    {"SGD", 1e-3, 0, 0, sgd_states, sgd_step, read_sgd},
    {"GlobalAdam", 1e-3, 1e-8, 0, two, global_adam_step, read_adam},
    {"GlobalRMSprop", 1e-2, 1e-8, 0, one, global_rmsprop_step, read_global_rmsprop},
    {"RAdam", 1e-3, 1e-8, 0, two, radam_step, read_decoupled},
    {"NAdam", 2e-3, 1e-8, 0, two, nadam_step, read_nadam},
    {"Adagrad", 1e-2, 1e-10, 0, one, adagrad_step, read_adagrad},
    {"Adadelta", 1, 1e-6, 0, two, adadelta_step, read_adadelta},
    {"Adamax", 2e-3, 1e-8, 0, two, adamax_step, read_adam},
};

const OptimizerEntry& entry_of(std::string_view name) {
  const auto same = [&](const OptimizerEntry& entry) {
    const std::string_view other = entry.name;
    return std::equal(name.begin(), name.end(), other.begin(), other.end(),
                      [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); });
  };
  const auto* found = std::find_if(std::begin(kOptimizers), std::end(kOptimizers), same);
  ensure(found != std::end(kOptimizers), "an optimiser of the table");
  return *found;
}

}  // namespace

std::vector<std::string> optimizer_names() {
  std::vector<std::string> names;
  for (const OptimizerEntry& entry : kOptimizers) names.emplace_back(entry.name);
  return names;
}

OptimizerConfig default_optimizer(std::string_view name) {
  const OptimizerEntry& entry = entry_of(name);
  Config c;
  c.name = entry.name;
  c.lr = entry.lr;
  c.eps = entry.eps;
  c.weight_decay = entry.weight_decay;
  return c;
}

OptimizerConfig read_optimizer_config(SpecReader& spec) {
  Config c;
  spec.choose("name", optimizer_names(), "the optimiser", [&](const std::string& name, SpecReader& r) {
    c = default_optimizer(name);
    r.read("lr", c.lr, "learning rate", kRate);
    r.read("weight_decay", c.weight_decay, "pull of the weights towards 0", kRate);
    entry_of(name).read(r, c);
    for (const char* key : {"foreach", "fused", "capturable", "differentiable"})
      r.inert(key, "chooses between implementations of the same step in PyTorch");
  });
  spec.done();
  return c;
}

Optimizer::Optimizer(const OptimizerConfig& config, std::size_t size) : config_(config), lr_(config.lr) {
  const int num_states = entry_of(config.name).num_states(config);
  for (int i = 0; i < num_states; ++i) states_.emplace_back(size);
  if (config.name == "Adagrad")
    std::ranges::fill(states_[0].span(), static_cast<float>(config.initial_accumulator_value));
}

void Optimizer::step(std::span<float> parameters, std::span<const float> grads, float grad_scale, ThreadPool* threads) {
  ensure(parameters.size() == grads.size(), "one gradient per parameter");
  for (const AlignedBuffer& state : states_)
    ensure(state.size() == grads.size(), "the size the optimiser was made for");
  ++steps_;
  entry_of(config_.name)
      .step({config_, lr_, steps_, grad_scale, parameters, grads, std::span<AlignedBuffer>(states_), mu_product_,
             threads});
}

void Optimizer::serialize(Archive& archive) {
  archive("lr", lr_);
  archive("steps", steps_);
  archive("mu_product", mu_product_);
  for (std::size_t i = 0; i < states_.size(); ++i) archive(fmt::format("state.{}", i), states_[i].span());
}

}  // namespace slm
