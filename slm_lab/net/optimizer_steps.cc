#include "slm_lab/net/optimizer_steps.h"

#include <algorithm>
#include <cmath>

#include "slm_lab/net/kernel.h"
#include "slm_lab/net/pieces.h"

namespace slm {
namespace {

float as_float(double x) { return static_cast<float>(x); }

/// The gradient as every optimiser below wants it: scaled, and with the weight decay that is not decoupled.
struct Gradient {
  float scale, l2;
  float operator()(float g, float p) const { return scale * g + l2 * p; }
};

Gradient gradient_of(const OptimizerStep& s, bool decoupled) {
  return {s.grad_scale, decoupled ? 0.0f : as_float(s.config.weight_decay)};
}

/// What decoupled weight decay leaves of a parameter.
float keep_of(const OptimizerStep& s, bool decoupled) {
  return decoupled ? as_float(1 - s.lr * s.config.weight_decay) : 1.0f;
}

/// Calls update(gradient, parameter, state 0, state 1, ...) for every parameter.
template <class Update, class... State>
void for_each(const OptimizerStep& s, Update update, State... states) {
  const float* __restrict g = s.grads.data();
  float* __restrict p = s.parameters.data();
  for (std::size_t i = 0; i < s.parameters.size(); ++i) update(g[i], p[i], states[i]...);
}

float* state(const OptimizerStep& s, std::size_t i) { return s.states[i].data(); }

void amsgrad_step(const OptimizerStep& s, bool decoupled) {
  const float beta1 = as_float(s.config.betas[0]), beta2 = as_float(s.config.betas[1]), eps = as_float(s.config.eps);
  const double t = static_cast<double>(s.t);
  const float rate = as_float(s.lr / (1 - std::pow(s.config.betas[0], t)));
  const float root = as_float(std::sqrt(1 - std::pow(s.config.betas[1], t)));
  const float keep = keep_of(s, decoupled);
  const Gradient gradient = gradient_of(s, decoupled);
  for_each(
      s,
      [=](float raw, float& p, float& m, float& v, float& v_max) {
        const float g = gradient(raw, p);
        m += (1 - beta1) * (g - m);
        v = beta2 * v + (1 - beta2) * g * g;
        v_max = std::max(v_max, v);
        p = keep * p - rate * m / (std::sqrt(v_max) / root + eps);
      },
      state(s, 0), state(s, 1), state(s, 2));
}

/// Threads take pieces of the parameters where there are many. One takes 0.4 ns, a multiplication and addition of a
/// product 0.02 ns.
void share_adam(const OptimizerStep& s, const AdamStep& step) {
  constexpr int kShare = 16384, kWork = 20;
  const auto size = static_cast<int>(s.parameters.size());
  for_each_piece(s.threads, num_sharing(s.threads, size, kShare, kWork), size, kShare, [&](int, Piece piece, int) {
    const auto first = static_cast<std::size_t>(piece.first), n = static_cast<std::size_t>(piece.n);
    kernels().adam(n, step, s.grads.data() + first, s.parameters.data() + first, state(s, 0) + first,
                   state(s, 1) + first);
  });
}

void adam_or_adamw_step(const OptimizerStep& s, bool decoupled) {
  const OptimizerConfig& c = s.config;
  if (c.amsgrad) return amsgrad_step(s, decoupled);
  const AdamStep step =
      adam_step(s.lr, c.betas[0], c.betas[1], c.eps, c.weight_decay, decoupled, s.t, static_cast<double>(s.grad_scale));
  share_adam(s, step);
}

}  // namespace

void adam_step(const OptimizerStep& s) { adam_or_adamw_step(s, false); }
void adamw_step(const OptimizerStep& s) { adam_or_adamw_step(s, true); }

void global_adam_step(const OptimizerStep& s) {
  const OptimizerConfig& c = s.config;
  AdamStep step =
      adam_step(s.lr, c.betas[0], c.betas[1], c.eps, c.weight_decay, false, s.t, static_cast<double>(s.grad_scale));
  step.step_size *= step.sqrt_bias_correction2;
  step.sqrt_bias_correction2 = 1;
  share_adam(s, step);
}

// States: the average of squares; then, where used, the momentum and the average gradient.
int rmsprop_states(const OptimizerConfig& c) { return 1 + (c.momentum > 0 ? 1 : 0) + (c.centered ? 1 : 0); }

void rmsprop_step(const OptimizerStep& s) {
  const OptimizerConfig& c = s.config;
  const RmsPropStep step{as_float(s.lr),       as_float(c.alpha),        as_float(c.eps),
                         as_float(c.momentum), as_float(c.weight_decay), s.grad_scale};
  float* const momentum = c.momentum > 0 ? state(s, 1) : nullptr;
  float* const average = c.centered ? state(s, s.states.size() - 1) : nullptr;
  kernels().rmsprop(s.parameters.size(), step, s.grads.data(), s.parameters.data(), state(s, 0), momentum, average);
}

void global_rmsprop_step(const OptimizerStep& s) {
  const OptimizerConfig& c = s.config;
  const RmsPropStep step{.lr = as_float(s.lr),
                         .alpha = as_float(c.alpha),
                         .eps = as_float(c.eps),
                         .l2 = as_float(c.weight_decay),
                         .grad_scale = s.grad_scale};
  kernels().rmsprop(s.parameters.size(), step, s.grads.data(), s.parameters.data(), state(s, 0), nullptr, nullptr);
}

void sgd_step(const OptimizerStep& s) {
  const OptimizerConfig& c = s.config;
  const SgdStep step{
      as_float(s.lr), as_float(c.momentum), as_float(c.dampening), as_float(c.weight_decay), s.grad_scale, c.nesterov,
      s.t == 1};
  kernels().sgd(s.parameters.size(), step, s.grads.data(), s.parameters.data(),
                s.states.empty() ? nullptr : state(s, 0));
}

void radam_step(const OptimizerStep& s) {
  const OptimizerConfig& c = s.config;
  const double t = static_cast<double>(s.t);
  const double correction1 = 1 - std::pow(c.betas[0], t), correction2 = 1 - std::pow(c.betas[1], t);
  const double rho_inf = 2 / (1 - c.betas[1]) - 1;
  const double rho = rho_inf - 2 * t * std::pow(c.betas[1], t) / correction2;
  const bool rectified = rho > 5;  // else the variance of the adaptive rate is unknown: plain momentum
  double rate = s.lr / correction1;
  if (rectified)
    rate *= std::sqrt(correction2 * (rho - 4) * (rho - 2) * rho_inf / ((rho_inf - 4) * (rho_inf - 2) * rho));
  const float beta1 = as_float(c.betas[0]), beta2 = as_float(c.betas[1]), eps = as_float(c.eps), r = as_float(rate);
  const float keep = keep_of(s, c.decoupled_weight_decay);
  const Gradient gradient = gradient_of(s, c.decoupled_weight_decay);
  for_each(
      s,
      [=](float raw, float& p, float& m, float& v) {
        const float g = gradient(raw, p);
        m += (1 - beta1) * (g - m);
        v = beta2 * v + (1 - beta2) * g * g;
        p = keep * p - r * (rectified ? m / (std::sqrt(v) + eps) : m);
      },
      state(s, 0), state(s, 1));
}

void nadam_step(const OptimizerStep& s) {
  const OptimizerConfig& c = s.config;
  const double t = static_cast<double>(s.t);
  const auto momentum_at = [&](double time) {
    return c.betas[0] * (1 - 0.5 * std::pow(0.96, time * c.momentum_decay));
  };
  const double mu = momentum_at(t), mu_next = momentum_at(t + 1);
  s.mu_product *= mu;
  const float rate_g = as_float(s.lr * (1 - mu) / (1 - s.mu_product));
  const float rate_m = as_float(s.lr * mu_next / (1 - s.mu_product * mu_next));
  const float correction2 = as_float(1 - std::pow(c.betas[1], t));
  const float beta1 = as_float(c.betas[0]), beta2 = as_float(c.betas[1]), eps = as_float(c.eps);
  const float keep = keep_of(s, c.decoupled_weight_decay);
  const Gradient gradient = gradient_of(s, c.decoupled_weight_decay);
  for_each(
      s,
      [=](float raw, float& p, float& m, float& v) {
        const float g = gradient(raw, p);
        m += (1 - beta1) * (g - m);
        v = beta2 * v + (1 - beta2) * g * g;
        p = keep * p - (rate_g * g + rate_m * m) / (std::sqrt(v / correction2) + eps);
      },
      state(s, 0), state(s, 1));
}

void adagrad_step(const OptimizerStep& s) {
  const float rate = as_float(s.lr / (1 + static_cast<double>(s.t - 1) * s.config.lr_decay));
  const float eps = as_float(s.config.eps);
  const Gradient gradient = gradient_of(s, false);
  for_each(
      s,
      [=](float raw, float& p, float& sum) {
        const float g = gradient(raw, p);
        sum += g * g;
        p -= rate * g / (std::sqrt(sum) + eps);
      },
      state(s, 0));
}

void adadelta_step(const OptimizerStep& s) {
  const float lr = as_float(s.lr), rho = as_float(s.config.rho), eps = as_float(s.config.eps);
  const Gradient gradient = gradient_of(s, false);
  for_each(
      s,
      [=](float raw, float& p, float& squares, float& deltas) {
        const float g = gradient(raw, p);
        squares = rho * squares + (1 - rho) * g * g;
        const float delta = std::sqrt(deltas + eps) / std::sqrt(squares + eps) * g;
        deltas = rho * deltas + (1 - rho) * delta * delta;
        p -= lr * delta;
      },
      state(s, 0), state(s, 1));
}

void adamax_step(const OptimizerStep& s) {
  const OptimizerConfig& c = s.config;
  const float rate = as_float(s.lr / (1 - std::pow(c.betas[0], static_cast<double>(s.t))));
  const float beta1 = as_float(c.betas[0]), beta2 = as_float(c.betas[1]), eps = as_float(c.eps);
  const Gradient gradient = gradient_of(s, false);
  for_each(
      s,
      [=](float raw, float& p, float& m, float& norm) {
        const float g = gradient(raw, p);
        m += (1 - beta1) * (g - m);
        norm = std::max(beta2 * norm, std::abs(g) + eps);
        p -= rate * m / norm;
      },
      state(s, 0), state(s, 1));
}

}  // namespace slm
