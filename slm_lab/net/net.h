#pragma once

#include <map>
#include <memory>
#include <string>

#include "slm_lab/base/observations.h"
#include "slm_lab/net/parameters.h"

namespace slm {

class ThreadPool;

/// A differentiable function of a batch. Several heads stand side by side in the columns of one output matrix.
class Net {
 public:
  virtual ~Net() = default;
  virtual int in_dim() const = 0;
  virtual int out_dim() const = 0;
  /// Outputs (n, out_dim) for `x` (n, in_dim), any n; valid until the next call. Keeps nothing for backward().
  virtual ConstMatrixRef infer(const ObservationsView& x) = 0;
  /// The same, and keeps what backward() needs; `x` must live until then.
  virtual ConstMatrixRef forward(const ObservationsView& x) = 0;
  /// The same, where the net normalises over batches by this one, whose statistics it notes. Elsewhere it is forward()
  /// itself.
  virtual ConstMatrixRef forward_in_training(const ObservationsView& x) { return forward(x); }
  /// Overwrites parameters().grads with the gradient of a loss whose gradient with respect to the outputs of the last
  /// forward() is `d_out` (n, out_dim).
  virtual void backward(const ConstMatrixRef& d_out) = 0;
  /// The gradient with respect to the inputs only (n, in_dim) of the last forward(), parameters untouched; valid until
  /// the next call.
  virtual ConstMatrixRef backward_input(const ConstMatrixRef& d_out) = 0;
  /// To be called after parameters().values changed by other means than the optimiser step of this net's Trainer.
  virtual void parameters_changed() = 0;
  virtual Parameters& parameters() = 0;
  const Parameters& parameters() const { return const_cast<Net*>(this)->parameters(); }
  virtual std::unique_ptr<Net> clone() const = 0;
  /// Threads that may share the work on a batch; borrowed. No bit of a result depends on how many there are.
  virtual void share_work(ThreadPool&) {}
  virtual ThreadPool* threads() const { return nullptr; }  ///< of share_work(); else nullptr
  /// What it is made of, by the names of `agent.net` where that has one; numbers and lists as JSON. For model files.
  virtual std::map<std::string, std::string> description() const = 0;
};

}  // namespace slm
