#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "slm_lab/base/profile.h"
#include "slm_lab/net/config.h"
#include "slm_lab/net/net.h"

namespace slm {

/// What an algorithm sees of a net: a learner that is asked (infer), trained (forward, backward, step) and copied
/// (TargetNet). Inside are the net, its optimiser, the schedule of its learning rate and the clipping of its gradient.
class Trainer {
 public:
  Trainer(std::unique_ptr<Net> net, const NetConfig& config);

  ConstMatrixRef infer(const ObservationsView& x) {
    const PhaseTimer timer(Phase::forward);
    return net_->infer(x);
  }
  ConstMatrixRef forward(const ObservationsView& x) {
    const PhaseTimer timer(Phase::forward);
    return net_->forward(x);
  }
  ConstMatrixRef forward_in_training(const ObservationsView& x) {
    const PhaseTimer timer(Phase::forward);
    return net_->forward_in_training(x);
  }
  void backward(const ConstMatrixRef& d_out) {
    const PhaseTimer timer(Phase::backward);
    net_->backward(d_out);
  }
  ConstMatrixRef backward_input(const ConstMatrixRef& d_out) {
    const PhaseTimer timer(Phase::backward);
    return net_->backward_input(d_out);
  }

  Net& net() { return *net_; }  ///< for model files
  const Net& net() const { return *net_; }

  /// One optimiser step along the gradient of the last backward(). Returns the L2 norm of the gradient before clipping;
  /// where that is not finite no parameter has changed.
  float step();
  /// Moves the learning rate to `frame`; `trained` ends a round of training.
  void advance(std::int64_t frame, bool trained);

  double lr() const { return frame_ ? lr_schedule_.at(rounds_, *frame_) : optimizer_.lr(); }
  std::int64_t opt_step() const { return optimizer_.steps(); }
  /// Parameters, optimiser and schedule.
  void serialize(Archive& archive);

 private:
  void move_lr();

  std::unique_ptr<Net> net_;
  std::optional<double> clip_grad_val_;
  LrSchedule lr_schedule_;
  std::int64_t rounds_ = 0;            // of training
  std::optional<std::int64_t> frame_;  // where the optimiser's rate has still to move, which it does when it steps
  Optimizer optimizer_;
};

}  // namespace slm
