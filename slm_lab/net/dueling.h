#pragma once

#include "slm_lab/net/mlp.h"

namespace slm {

/// Action values from a value and an advantage head over one body (Wang et al. 2016, eq. 9):
/// Q(s, a) = V(s) + A(s, a) - mean over a' of A(s, a'). In model files tails.0 is V and tails.1 is A.
class DuelingMlpNet final : public Net {
 public:
  /// `shape` has one head, that of Q.
  DuelingMlpNet(MlpShape shape, Rng& init);

  int in_dim() const override { return heads_.in_dim(); }
  int out_dim() const override { return heads_.out_dim() - 1; }
  ConstMatrixRef infer(const ObservationsView& x) override;
  ConstMatrixRef forward(const ObservationsView& x) override;
  ConstMatrixRef forward_in_training(const ObservationsView& x) override;
  void backward(const ConstMatrixRef& d_out) override;
  ConstMatrixRef backward_input(const ConstMatrixRef& d_out) override;
  void parameters_changed() override { heads_.parameters_changed(); }
  Parameters& parameters() override { return heads_.parameters(); }
  std::unique_ptr<Net> clone() const override { return std::make_unique<DuelingMlpNet>(*this); }
  void share_work(ThreadPool& threads) override { heads_.share_work(threads); }
  std::map<std::string, std::string> description() const override;

 private:
  ConstMatrixRef combine(const ConstMatrixRef& heads, AlignedBuffer& out) const;
  ConstMatrixRef split_gradient(const ConstMatrixRef& d_out);

  MlpNet heads_;  // outputs (n, 1 + num_actions): V, then A
  AlignedBuffer infer_out_, out_, d_heads_;
};

}  // namespace slm
