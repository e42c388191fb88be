#pragma once

#include <memory>
#include <vector>

#include "slm_lab/net/mlp.h"
#include "slm_lab/net/net.h"

namespace slm {

/// Action values from a value and an advantage head over one body (Wang et al. 2016, eq. 9):
/// Q(s, a) = V(s) + A(s, a) - mean over a' of A(s, a'). In model files tails.0 is V and tails.1 is A.
class DuelingNet final : public Net {
 public:
  /// `heads`: a net with the heads of dueling_heads().
  explicit DuelingNet(std::unique_ptr<Net> heads) : heads_(std::move(heads)) {}
  DuelingNet(const DuelingNet& other) : heads_(other.heads_->clone()) {}
  DuelingNet& operator=(const DuelingNet&) = delete;

  int in_dim() const override { return heads_->in_dim(); }
  int out_dim() const override { return heads_->out_dim() - 1; }
  ConstMatrixRef infer(const ObservationsView& x) override;
  ConstMatrixRef forward(const ObservationsView& x) override;
  ConstMatrixRef forward_in_training(const ObservationsView& x) override;
  void backward(const ConstMatrixRef& d_out) override;
  ConstMatrixRef backward_input(const ConstMatrixRef& d_out) override;
  void parameters_changed() override { heads_->parameters_changed(); }
  Parameters& parameters() override { return heads_->parameters(); }
  std::unique_ptr<Net> clone() const override { return std::make_unique<DuelingNet>(*this); }
  void share_work(ThreadPool& threads) override { heads_->share_work(threads); }
  ThreadPool* threads() const override { return heads_->threads(); }
  std::map<std::string, std::string> description() const override;

 private:
  ConstMatrixRef combine(const ConstMatrixRef& heads, AlignedBuffer& out) const;
  ConstMatrixRef split_gradient(const ConstMatrixRef& d_out);

  std::unique_ptr<Net> heads_;  // outputs (n, 1 + num_actions): V, then A
  AlignedBuffer infer_out_, out_, d_heads_;
};

/// Those of V and A for the one head of Q.
std::vector<Head> dueling_heads(const Head& q);

}  // namespace slm
