#include "slm_lab/net/trainer.h"

#include <algorithm>
#include <cmath>

#include "slm_lab/base/archive.h"
#include "slm_lab/net/kernel.h"

namespace slm {

Trainer::Trainer(std::unique_ptr<Net> net, const NetConfig& config)
    : net_(std::move(net)),
      clip_grad_val_(config.clip_grad_val),
      lr_schedule_(config.lr_scheduler_spec, config.optim_spec.lr),
      optimizer_(config.optim_spec, net_->parameters().learnt_size()) {
  advance(0, false);
}

void Trainer::move_lr() {
  optimizer_.set_lr(lr());
  frame_.reset();
}

float Trainer::step() {
  const PhaseTimer timer(Phase::optimiser);
  Parameters& parameters = net_->parameters();
  const auto norm =
      static_cast<float>(std::sqrt(kernels().squared_norm(parameters.grads.size(), parameters.grads.data())));
  if (!std::isfinite(norm)) return norm;
  move_lr();
  // torch.nn.utils.clip_grad_norm_, which adds 1e-6 to the norm.
  const double scale = clip_grad_val_ ? std::min(1.0, *clip_grad_val_ / (static_cast<double>(norm) + 1e-6)) : 1.0;
  const std::size_t learnt = parameters.learnt_size();
  optimizer_.step(parameters.values.span().first(learnt), parameters.grads.span().first(learnt),
                  static_cast<float>(scale), net_->threads());
  net_->parameters_changed();
  return norm;
}

void Trainer::advance(std::int64_t frame, bool trained) {
  if (trained) ++rounds_;
  frame_ = frame;
}

void Trainer::serialize(Archive& archive) {
  move_lr();
  archive("net", net_->parameters());
  if (archive.loading()) net_->parameters_changed();
  archive("optimizer", optimizer_);
  archive("rounds", rounds_);
}

}  // namespace slm
