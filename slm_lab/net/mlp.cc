#include "slm_lab/net/mlp.h"

#include <algorithm>

#include "slm_lab/base/error.h"
#include "slm_lab/net/kernel.h"

namespace slm {
namespace {

/// infer() goes through a large batch in pieces, so that the activations of a piece stay in the cache.
constexpr Eigen::Index kChunk = 128;

float* grown(AlignedBuffer& buffer, Eigen::Index size) {
  const auto wanted = static_cast<std::size_t>(size);
  if (buffer.size() < wanted) buffer = AlignedBuffer(wanted);
  return buffer.data();
}

ConstMatrixRef matrix_over(const float* data, Eigen::Index rows, Eigen::Index cols, Eigen::Index stride) {
  return Eigen::Map<const Matrix, 0, Eigen::OuterStride<>>(data, rows, cols, Eigen::OuterStride<>(stride));
}

}  // namespace

float* MlpNet::Workspace::rows(Eigen::Index n) { return grown(buffer, n * stride); }

ConstMatrixRef MlpNet::infer(const ConstMatrixRef& x) {
  ensure(x.cols() == shape_.in_dim, "the width that the net was made for");
  const Kernels& k = kernels();
  float* const out = grown(infer_out_, x.rows() * out_dim_);
  for (Eigen::Index start = 0; start < x.rows(); start += kChunk) {
    const int n = static_cast<int>(std::min(kChunk, x.rows() - start));
    ConstRows h{x.data() + start * x.outerStride(), x.outerStride()};
    for (std::size_t l = 0; l < layers_.size(); ++l) {
      const Layer& layer = layers_[l];
      Workspace& chunk = chunk_[l % 2];
      const Rows y{chunk.rows(std::min(kChunk, x.rows())), layer.stride()};
      k.dense_forward(n, layer.in, layer.out, h, hidden_weight(layer), value(layer.bias), shape_.hidden, y);
      h = y;
    }
    float* const out_rows = out + start * out_dim_;
    heads_forward(n, h, out_rows);
    activate_heads(n, out_rows, out_rows);
  }
  return matrix_over(out, x.rows(), out_dim_, out_dim_);
}

ConstMatrixRef MlpNet::forward(const ConstMatrixRef& x) {
  ensure(x.cols() == shape_.in_dim, "the width that the net was made for");
  const Kernels& k = kernels();
  x_ = x.data(), x_stride_ = x.outerStride(), n_ = static_cast<int>(x.rows());
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    const Layer& layer = layers_[l];
    const Rows h{h_[l].rows(n_), h_[l].stride};
    if (derivative_from_output(shape_.hidden)) {
      k.dense_forward(n_, layer.in, layer.out, layer_input(l), hidden_weight(layer), value(layer.bias), shape_.hidden,
                      h);
    } else {
      const Rows z{z_[l].rows(n_), z_[l].stride};
      k.dense_forward(n_, layer.in, layer.out, layer_input(l), hidden_weight(layer), value(layer.bias),
                      Activation::identity, z);
      k.activation_forward(shape_.hidden, static_cast<std::size_t>(n_ * z.stride), z.data, h.data);
    }
  }
  float* const out = grown(out_, x.rows() * out_dim_);
  float* const z = shape_.out.empty() ? out : grown(out_z_, x.rows() * out_dim_);
  heads_forward(n_, layer_input(layers_.size()), z);
  activate_heads(n_, z, out);
  return matrix_over(out, n_, out_dim_, out_dim_);
}

void MlpNet::backward(const ConstMatrixRef& d_out) {
  const ConstRows dy = through_head_activations(d_out);
  heads_backward_weights(dy);
  if (layers_.empty()) return;
  ConstRows dz = heads_backward_input(dy);
  for (std::size_t l = layers_.size() - 1;; --l) {
    const Layer& layer = layers_[l];
    kernels().dense_backward_weights(n_, layer.in, layer.out, layer_input(l), dz, {grad(layer.weight), layer.stride()},
                                     grad(layer.bias));
    if (l == 0) break;
    dz = layer_backward_input(l, dz);
  }
}

ConstMatrixRef MlpNet::backward_input(const ConstMatrixRef& d_out) {
  ConstRows d = heads_backward_input(through_head_activations(d_out));
  for (std::size_t l = layers_.size(); l-- > 0;) d = layer_backward_input(l, d);
  return matrix_over(d.data, n_, shape_.in_dim, d.stride);
}

void MlpNet::parameters_changed() {
  for (Layer& layer : layers_) layer.transposed_stale = true;
}

// The steps of forward.

ConstRows MlpNet::layer_input(std::size_t l) {
  if (l == 0) return {x_, x_stride_};
  return {h_[l - 1].buffer.data(), h_[l - 1].stride};
}

void MlpNet::heads_forward(int n, ConstRows h, float* out) {
  for (const HeadGroup& group : groups_) {
    if (group.state_independent)
      for (int i = 0; i < n; ++i)
        std::copy_n(value(group.bias), group.width, out + static_cast<std::ptrdiff_t>(i) * out_dim_ + group.column);
    else
      kernels().head_forward(n, heads_in_, group.width, h, head_weight(group), value(group.bias),
                             {out + group.column, out_dim_});
  }
}

void MlpNet::activate_heads(int n, const float* z, float* out) {
  if (shape_.out.empty()) return;
  std::ptrdiff_t at = 0;
  for (int i = 0; i < n; ++i)
    for (std::size_t head = 0; head < shape_.heads.size(); ++head) {
      const auto width = static_cast<std::size_t>(shape_.heads[head].width);
      kernels().activation_forward(shape_.out[head], width, z + at, out + at);
      at += shape_.heads[head].width;
    }
}

// The steps of backward, in its order.

ConstRows MlpNet::through_head_activations(const ConstMatrixRef& d_out) {
  ensure(d_out.rows() == n_ && d_out.cols() == out_dim_, "the gradient of the last forward()'s outputs");
  if (shape_.out.empty()) return {d_out.data(), d_out.outerStride()};
  float* const dz = grown(d_out_, d_out.size());
  std::ptrdiff_t at = 0;
  for (int i = 0; i < n_; ++i) {
    std::ptrdiff_t column = 0;
    for (std::size_t head = 0; head < shape_.heads.size(); ++head) {
      const int width = shape_.heads[head].width;
      const AlignedBuffer& kept = derivative_from_output(shape_.out[head]) ? out_ : out_z_;
      kernels().activation_backward(shape_.out[head], static_cast<std::size_t>(width), kept.data() + at,
                                    d_out.data() + i * d_out.outerStride() + column, dz + at);
      at += width;
      column += width;
    }
  }
  return {dz, out_dim_};
}

void MlpNet::heads_backward_weights(ConstRows dy) {
  const ConstRows h = layer_input(layers_.size());
  for (const HeadGroup& group : groups_) {
    const ConstRows d{dy.data + group.column, dy.stride};
    if (group.state_independent)
      kernels().column_sums(n_, group.width, d, grad(group.bias));
    else
      kernels().head_backward_weights(n_, heads_in_, group.width, h, d, {grad(group.weight), kernel_padded(heads_in_)},
                                      grad(group.bias));
  }
}

/// The gradient with respect to the input of the last activation; that of the net where there is no hidden layer.
ConstRows MlpNet::heads_backward_input(ConstRows dy) {
  const std::size_t last = layers_.size();
  const Rows dx = gradient_rows(last);
  const Activation activation = last > 0 ? shape_.hidden : Activation::identity;
  const auto dense_groups = std::ranges::count(groups_, false, &HeadGroup::state_independent);
  if (dense_groups == 0) std::fill_n(dx.data, n_ * dx.stride, 0.0f);
  std::ptrdiff_t done = 0;
  for (const HeadGroup& group : groups_) {
    if (group.state_independent) continue;
    const bool accumulate = done++ > 0;
    kernels().head_backward_input(n_, heads_in_, group.width, {dy.data + group.column, dy.stride}, head_weight(group),
                                  done == dense_groups ? activation : Activation::identity, kept(last), accumulate, dx);
  }
  return dx;
}

ConstRows MlpNet::layer_backward_input(std::size_t l, ConstRows dz) {
  Layer& layer = layers_[l];
  const Rows transposed{transposed_.data() + layer.transposed, kernel_padded(layer.in)};
  if (layer.transposed_stale) {
    kernels().transpose(layer.in, layer.out, hidden_weight(layer), transposed);
    layer.transposed_stale = false;
  }
  const Rows dx = gradient_rows(l);
  kernels().dense_backward_input(n_, layer.in, layer.out, dz, transposed, l > 0 ? shape_.hidden : Activation::identity,
                                 kept(l), false, dx);
  return dx;
}

/// What the derivative of the activation before layer l (or, after the last, before the heads) is computed from.
ConstRows MlpNet::kept(std::size_t l) {
  if (l == 0) return {nullptr, 0};
  const Workspace& workspace = derivative_from_output(shape_.hidden) ? h_[l - 1] : z_[l - 1];
  return {workspace.buffer.data(), workspace.stride};
}

/// Where the gradient with respect to the input of layer l is put; its neighbours' lie elsewhere.
Rows MlpNet::gradient_rows(std::size_t l) {
  Workspace& workspace = l == 0 ? d_x_ : d_[l % 2];
  return {workspace.rows(n_), l == 0 ? workspace.stride : kernel_padded(layers_[l - 1].out)};
}

}  // namespace slm
