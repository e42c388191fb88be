#pragma once

#include <memory>

#include "slm_lab/net/image_layers.h"
#include "slm_lab/net/mlp.h"
#include "slm_lab/net/net.h"

namespace slm {

/// Layers that see images, and an MLP on what they make of them. In model files their tensors stand before the MLP's
/// body and tails, whose first layer has its inputs in PyTorch's order (channels, height, width).
class ConvNet final : public Net {
 public:
  /// `dense` has the inputs that the layers before it make: in_dim and inputs are set here.
  ConvNet(std::unique_ptr<ImageLayers> convolutions, MlpShape dense, Rng& init);
  ConvNet(const ConvNet& other) : convolutions_(other.convolutions_->clone()), dense_(other.dense_) {}
  ConvNet(ConvNet&&) = default;
  ConvNet& operator=(const ConvNet&) = delete;

  int in_dim() const override { return convolutions_->image().size(); }
  int out_dim() const override { return dense_.out_dim(); }
  ConstMatrixRef infer(const ObservationsView& x) override;
  ConstMatrixRef forward(const ObservationsView& x) override;
  ConstMatrixRef forward_in_training(const ObservationsView& x) override;
  void backward(const ConstMatrixRef& d_out) override;
  ConstMatrixRef backward_input(const ConstMatrixRef& d_out) override;
  void parameters_changed() override;
  Parameters& parameters() override { return dense_.parameters(); }
  std::unique_ptr<Net> clone() const override { return std::make_unique<ConvNet>(*this); }
  void share_work(ThreadPool& threads) override;
  ThreadPool* threads() const override { return dense_.threads(); }
  std::map<std::string, std::string> description() const override;

 private:
  std::unique_ptr<ImageLayers> convolutions_;
  MlpNet dense_;  // holds the parameters of both
};

}  // namespace slm
