// An MlpNet that normalises over batches, in training: layer by layer over the whole batch, as its statistics need it.

#include "slm_lab/base/error.h"
#include "slm_lab/net/mlp.h"

namespace slm {

ConstMatrixRef MlpNet::forward_in_training(const ObservationsView& x) {
  if (!shape_.batch_renorm) return forward(x);
  ensure(x.cols() == shape_.in_dim, "the width that the net was made for");
  in_training_ = running_stale_ = true;
  float* const out = begin_forward(x);
  const Chunk all{0, n_};
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    const Layer& layer = layers_[l];
    const Rows x_hat = x_hat_[l].from(0), h = h_[l].from(0);
    const Rows z = derivative_from_output(shape_.hidden) ? h : z_[l].from(0);
    kernels().dense_forward(n_, layer.in, layer.out, layer_input(all, l), hidden_weight(layer), value(layer.bias),
                            Activation::identity, x_hat);
    batch_renorms_[l].forward_in_training(n_, value(layer.gain), value(layer.shift), running(layer), x_hat, z);
    kernels().activation_forward(shape_.hidden, static_cast<std::size_t>(n_ * z.stride), z.data, h.data);
  }
  heads_forward(n_, layer_input(all, layers_.size()), out);
  return end_forward(out);
}

/// Overwrites `grads`, which is laid out as the parameters (nullptr: they are not asked for), and leaves the gradient
/// with respect to what the first layer makes of its inputs in d_in_training_[0].
void MlpNet::backward_in_training(ConstRows dy, float* grads) {
  const Chunk all{0, n_};
  if (grads != nullptr) heads_backward_weights(all, dy, /*accumulate=*/false, grads);
  const auto rows = [&](std::size_t l) {  // of the gradient with respect to the output of layer l
    return Rows{d_in_training_[l % 2].rows(n_), layers_[l].stride()};
  };
  for (std::size_t l = layers_.size(); l-- > 0;) {
    const Layer& layer = layers_[l];
    const Rows d = rows(l);
    if (l + 1 == layers_.size())
      heads_backward_input(n_, dy, kept(all, l + 1), d);
    else
      layer_backward_input(n_, l + 1, rows(l + 1), kept(all, l + 1), d);
    float* const unasked = grown(unasked_grads_, 2 * widest_);
    float* const d_gain = grads != nullptr ? grads + layer.gain : unasked;
    float* const d_shift = grads != nullptr ? grads + layer.shift : unasked + widest_;
    batch_renorms_[l].backward_in_training(n_, value(layer.gain), x_hat_[l].from(0), d, d_gain, d_shift);
    if (grads == nullptr) continue;
    kernels().dense_backward_weights(n_, layer.in, layer.out, layer_input(all, l), d, false,
                                     {grads + layer.weight, layer.stride()}, grads + layer.bias);
  }
}

void MlpNet::backward_input_in_training(ConstRows dy) {
  if (layers_.empty()) {  // nothing that is normalised
    heads_backward_input(n_, dy, {nullptr, 0}, d_x_.from(0));
    return;
  }
  backward_in_training(dy, nullptr);
  const Layer& first = layers_.front();
  layer_backward_input(n_, 0, {d_in_training_[0].rows(n_), first.stride()}, {nullptr, 0}, d_x_.from(0));
}

RunningStatistics MlpNet::running(const Layer& layer) {
  return running_statistics(parameters_, layer.running, layer.out);
}

/// Before evaluation.
void MlpNet::follow_running() {
  if (!running_stale_) return;
  for (std::size_t l = 0; l < batch_renorms_.size(); ++l) batch_renorms_[l].follow(running(layers_[l]));
  running_stale_ = false;
}

}  // namespace slm
