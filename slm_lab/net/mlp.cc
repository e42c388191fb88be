#include "slm_lab/net/mlp.h"

#include <algorithm>
#include <cstdint>
#include <span>

#include "slm_lab/base/error.h"
#include "slm_lab/net/dense_input.h"
#include "slm_lab/net/kernel.h"
#include "slm_lab/net/layer_norm.h"
#include "slm_lab/net/scale_and_shift.h"

namespace slm {
namespace {

/// Rows. A larger batch goes through the net in pieces, forward and backward, so that what a piece leaves in one layer
/// is still in the cache when the next needs it.
constexpr int kChunk = 64;

ConstMatrixRef matrix_over(const float* data, Eigen::Index rows, Eigen::Index cols, Eigen::Index stride) {
  return Eigen::Map<const Matrix, 0, Eigen::OuterStride<>>(data, rows, cols, Eigen::OuterStride<>(stride));
}

ConstRows rows_from(ConstRows rows, int first) { return {rows.data + first * rows.stride, rows.stride}; }

}  // namespace

float* MlpNet::Workspace::rows(Eigen::Index n) { return grown(buffer, n * stride); }

ConstMatrixRef MlpNet::infer(const ObservationsView& x) {
  ensure(x.cols() == shape_.in_dim, "the width that the net was made for");
  follow_running();
  float* const out = grown(infer_out_, x.rows() * out_dim_);
  if (bf16_)
    infer_in_bf16(x, out);
  else
    for_each_chunk(static_cast<int>(x.rows()), [&](Chunk chunk, PieceRows& rows) {
      infer_chunk(x.middle_rows(chunk.first, chunk.n), out + static_cast<std::ptrdiff_t>(chunk.first) * out_dim_, rows);
    });
  return matrix_over(out, x.rows(), out_dim_, out_dim_);
}

void MlpNet::infer_chunk(const ObservationsView& x, float* out, PieceRows& rows) {
  const int n = static_cast<int>(x.rows());
  ConstRows h = dense_input(x, rows.x_of_bytes);
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    float* const y = rows.h[l % 2].rows(n);
    const std::ptrdiff_t stride = layers_[l].stride();
    if (normalises())
      layer_forward(n, l, h, {y, stride}, rows.inv_std.rows(n), {y, stride}, {y, stride});
    else
      plain_layer_forward(n, layers_[l], h, {y, stride});
    h = {y, stride};
  }
  heads_forward(n, h, out);
  activate_heads(n, out, out);
}

ConstMatrixRef MlpNet::forward(const ObservationsView& x) {
  ensure(x.cols() == shape_.in_dim, "the width that the net was made for");
  if (bf16_) return forward_in_bf16(x);
  follow_running();
  in_training_ = false;
  float* const z = begin_forward(x);
  for_each_chunk(n_, [&](Chunk chunk, PieceRows&) { forward_chunk(chunk, z); });
  return end_forward(z);
}

void MlpNet::backward(const ConstMatrixRef& d_out) {
  const ConstRows dy = through_head_activations(d_out);
  if (bf16_) return backward_in_bf16(dy);
  refresh_transposed(1);
  if (in_training_) return backward_in_training(dy, parameters_.grads.data());
  const int threads = num_ready_threads(n_);
  if (threads == 1 && !normalises())  // the same sums, made where they belong
    return for_each_chunk(n_, [&](Chunk chunk, PieceRows& rows) {
      backward_chunk(chunk, rows_from(dy, chunk.first), /*accumulate=*/chunk.first > 0, parameters_.grads.data(), rows);
    });
  piece_grads_.run(threads_, threads, n_, kChunk, parameters_.grads.span(), [&](Chunk chunk, float* grads, int thread) {
    backward_chunk(chunk, rows_from(dy, chunk.first), /*accumulate=*/false, grads,
                   piece_rows_[static_cast<std::size_t>(thread)]);
  });
}

ConstMatrixRef MlpNet::backward_input(const ConstMatrixRef& d_out) {
  const ConstRows dy = through_head_activations(d_out);
  float* const d_x = d_x_.rows(n_);
  if (bf16_) {
    bf16_->backward_input(dy, parameters_.values.data(), d_x_.from(0));
  } else {
    refresh_transposed(0);
    if (in_training_)
      backward_input_in_training(dy);
    else
      for_each_chunk(
          n_, [&](Chunk chunk, PieceRows& rows) { backward_input_chunk(chunk, rows_from(dy, chunk.first), rows); });
  }
  return matrix_over(d_x, n_, shape_.in_dim, d_x_.stride);
}

void MlpNet::backward_input_chunk(Chunk chunk, ConstRows dy, PieceRows& rows) {
  choose_rows(chunk, dy, rows);
  if (static_cast<int>(rows.chosen.size()) < chunk.n) return backward_input_of_chosen(chunk, dy, rows);
  const auto to = [&](std::size_t l) { return l == 0 ? d_x_.from(chunk.first) : gradient_rows(rows, l); };
  const std::size_t last = layers_.size();
  ConstRows d = heads_backward_input(chunk.n, dy, kept(chunk, last), to(last));
  for (std::size_t l = last; l-- > 0;) {
    if (normalises()) norm_backward_input(chunk.n, l, x_hat_[l].from(chunk.first), inv_std(l, chunk.first), to(l + 1));
    d = layer_backward_input(chunk.n, l, d, kept(chunk, l), to(l));
  }
}

void MlpNet::parameters_changed() {
  for (Layer& layer : layers_) layer.transposed_stale = true;
  running_stale_ = true;
  if (bf16_) bf16_->parameters_changed();
  bound_free_heads();
}

void MlpNet::bound_free_heads() {
  int column = 0;
  for (const Head& head : shape_.heads) {
    for (const HeadGroup& group : groups_) {
      if (!group.state_independent || column < group.column || column >= group.column + group.width) continue;
      float* const values = parameters_.values.data() + group.bias + (column - group.column);
      for (int i = 0; i < head.width; ++i) values[i] = std::clamp(values[i], head.low, head.high);
    }
    column += head.width;
  }
}

// Pieces of a batch.

void MlpNet::share_work(ThreadPool& threads) {
  threads_ = &threads;
  if (bf16_) bf16_->share_work(threads);
}

int MlpNet::num_ready_threads(int n) {
  const int threads = num_sharing(threads_, n, kChunk, static_cast<std::int64_t>(parameters_.values.size()));
  while (piece_rows_.size() < static_cast<std::size_t>(threads)) piece_rows_.push_back(make_piece_rows());
  return threads;
}

template <class Task>
void MlpNet::for_each_chunk(int n, Task&& task) {
  if (n <= kChunk) return task(Chunk{0, n}, piece_rows_.front());  // what acting asks, mostly
  for_each_piece(threads_, num_ready_threads(n), n, kChunk,
                 [&](int, Chunk piece, int thread) { task(piece, piece_rows_[static_cast<std::size_t>(thread)]); });
}

/// Weights from layer `first` on as (out, in), where they changed.
void MlpNet::refresh_transposed(std::size_t first) {
  for (std::size_t l = first; l < layers_.size(); ++l) {
    Layer& layer = layers_[l];
    if (!layer.transposed_stale) continue;
    kernels().transpose(layer.in, layer.out, hidden_weight(layer),
                        {transposed_.data() + layer.transposed, kernel_padded(layer.in)});
    layer.transposed_stale = false;
  }
}

// The steps of forward.

/// Keeps where `x` is and makes room; returns where the heads' outputs go.
float* MlpNet::begin_forward(const ObservationsView& x) {
  x_ = dense_input(x, x_of_bytes_);
  n_ = static_cast<int>(x.rows());
  for (std::vector<Workspace>* workspaces : {&h_, &z_, &x_hat_, &inv_std_})
    for (Workspace& workspace : *workspaces) workspace.rows(n_);
  return grown(shape_.out.empty() ? out_ : out_z_, x.rows() * out_dim_);
}

/// The activations of the heads' outputs.
ConstMatrixRef MlpNet::end_forward(const float* z) {
  float* const out = grown(out_, static_cast<Eigen::Index>(n_) * out_dim_);
  activate_heads(n_, z, out);
  return matrix_over(out, n_, out_dim_, out_dim_);
}

void MlpNet::forward_chunk(Chunk chunk, float* out) {
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    const Rows h = h_[l].from(chunk.first);
    const Rows z = derivative_from_output(shape_.hidden) ? h : z_[l].from(chunk.first);
    const Rows x_hat = normalises() ? x_hat_[l].from(chunk.first) : z;
    layer_forward(chunk.n, l, layer_input(chunk, l), x_hat, inv_std(l, chunk.first), z, h);
  }
  heads_forward(chunk.n, layer_input(chunk, layers_.size()), out + static_cast<std::ptrdiff_t>(chunk.first) * out_dim_);
}

/// h = activation(z) of layer l, whose input is x, and x_hat and inv_std (of rows) of its normalisation, if it has one;
/// else x_hat is z. Neighbours among x_hat, z and h may be the same.
void MlpNet::layer_forward(int n, std::size_t l, ConstRows x, const Rows& x_hat, float* inv_std, const Rows& z,
                           const Rows& h) {
  const Layer& layer = layers_[l];
  if (!normalises() && z.data == h.data) return plain_layer_forward(n, layer, x, h);
  kernels().dense_forward(n, layer.in, layer.out, x, hidden_weight(layer), value(layer.bias), Activation::identity,
                          x_hat);
  if (shape_.layer_norm) layer_norm_standardize(n, layer.out, x_hat, inv_std);
  if (shape_.batch_renorm) batch_renorms_[l].standardize(n, x_hat);
  if (normalises()) scale_and_shift(n, layer.stride(), x_hat, value(layer.gain), value(layer.shift), z);
  kernels().activation_forward(shape_.hidden, static_cast<std::size_t>(n * z.stride), z.data, h.data);
}

/// h = activation(x w + b).
void MlpNet::plain_layer_forward(int n, const Layer& layer, ConstRows x, Rows h) {
  kernels().dense_forward(n, layer.in, layer.out, x, hidden_weight(layer), value(layer.bias), shape_.hidden, h);
}

ConstRows MlpNet::layer_input(Chunk chunk, std::size_t l) {
  if (l == 0) return rows_from(x_, chunk.first);
  return h_[l - 1].from(chunk.first);
}

void MlpNet::heads_forward(int n, ConstRows h, float* out) {
  for (const HeadGroup& group : groups_) {
    if (group.features)
      for (int i = 0; i < n; ++i)
        std::copy_n(h.data + i * h.stride, group.width, out + static_cast<std::ptrdiff_t>(i) * out_dim_ + group.column);
    else if (group.is_dense())
      kernels().head_forward(n, heads_in_, group.width, h, head_weight(group), value(group.bias),
                             {out + group.column, out_dim_});
  }
  free_heads_forward(n, out);
}

void MlpNet::free_heads_forward(int n, float* out) {
  for (const HeadGroup& group : groups_)
    for (int i = 0; i < n && group.state_independent; ++i)
      std::copy_n(value(group.bias), group.width, out + static_cast<std::ptrdiff_t>(i) * out_dim_ + group.column);
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

/// The gradient of one piece of the batch, laid out as the parameters, into `grads` or, with `accumulate`, added to it
/// (of a net that does not normalise).
void MlpNet::backward_chunk(Chunk chunk, ConstRows dy, bool accumulate, float* grads, PieceRows& rows) {
  heads_backward_weights(chunk, dy, accumulate, grads);
  if (layers_.empty()) return;
  const std::size_t last = layers_.size();
  ConstRows dz = heads_backward_input(chunk.n, dy, kept(chunk, last), gradient_rows(rows, last));
  for (std::size_t l = last - 1;; --l) {
    const Layer& layer = layers_[l];
    if (normalises()) {
      const ConstRows x_hat = x_hat_[l].from(chunk.first);
      scale_and_shift_backward(chunk.n, layer.out, x_hat, dz, grads + layer.gain, grads + layer.shift);
      norm_backward_input(chunk.n, l, x_hat, inv_std(l, chunk.first), gradient_rows(rows, l + 1));
    }
    kernels().dense_backward_weights(chunk.n, layer.in, layer.out, layer_input(chunk, l), dz, accumulate,
                                     {grads + layer.weight, layer.stride()}, grads + layer.bias);
    if (l == 0) break;
    dz = layer_backward_input(chunk.n, l, dz, kept(chunk, l), gradient_rows(rows, l));
  }
}

void MlpNet::heads_backward_weights(Chunk chunk, ConstRows dy, bool accumulate, float* grads) {
  const ConstRows h = layer_input(chunk, layers_.size());
  for (const HeadGroup& group : groups_) {
    const ConstRows d{dy.data + group.column, dy.stride};
    if (group.state_independent)
      kernels().column_sums(chunk.n, group.width, d, accumulate, grads + group.bias);
    else if (group.is_dense())
      kernels().head_backward_weights(chunk.n, heads_in_, group.width, h, d, accumulate,
                                      {grads + group.weight, kernel_padded(heads_in_)}, grads + group.bias);
  }
}

/// The gradient with respect to the input of the last activation; that of the net where there is no hidden layer.
ConstRows MlpNet::heads_backward_input(int n, ConstRows dy, ConstRows kept, Rows dx) {
  const Activation activation = layers_.empty() ? Activation::identity : shape_.hidden;
  const auto dense_groups = std::ranges::count_if(groups_, &HeadGroup::is_dense);
  if (dense_groups == 0) std::fill_n(dx.data, n * dx.stride, 0.0f);
  std::ptrdiff_t done = 0;
  for (const HeadGroup& group : groups_) {
    if (!group.is_dense()) continue;
    const bool accumulate = done++ > 0;
    kernels().head_backward_input(n, heads_in_, group.width, {dy.data + group.column, dy.stride}, head_weight(group),
                                  done == dense_groups ? activation : Activation::identity, kept, accumulate, dx);
  }
  return dx;
}

ConstRows MlpNet::layer_backward_input(int n, std::size_t l, ConstRows dz, ConstRows kept, Rows dx) {
  const Layer& layer = layers_[l];
  const Rows transposed{transposed_.data() + layer.transposed, kernel_padded(layer.in)};
  kernels().dense_backward_input(n, layer.in, layer.out, dz, transposed, l > 0 ? shape_.hidden : Activation::identity,
                                 kept, false, dx);
  return dx;
}

/// d: from the gradient with respect to what the activation of layer l sees to that before its normalisation.
void MlpNet::norm_backward_input(int n, std::size_t l, ConstRows x_hat, const float* inv_std, Rows d) {
  const float* const gain = value(layers_[l].gain);
  if (shape_.batch_renorm)
    batch_renorms_[l].backward_input(n, gain, d);
  else
    layer_norm_backward_input(n, layers_[l].out, x_hat, inv_std, gain, d);
}

/// What the derivative of the activation before layer l (or, after the last, before the heads) is computed from.
ConstRows MlpNet::kept(Chunk chunk, std::size_t l) {
  if (l == 0) return {nullptr, 0};
  return (derivative_from_output(shape_.hidden) ? h_[l - 1] : z_[l - 1]).from(chunk.first);
}

/// Where the gradient with respect to the output of layer l - 1 is put; its neighbours' lie elsewhere.
Rows MlpNet::gradient_rows(PieceRows& rows, std::size_t l) const {
  return {rows.d[l % 2].rows(std::min(kChunk, n_)), kernel_padded(layers_[l - 1].out)};
}

// Rows without a gradient need no work: SAC's actor learns in each row through the smaller of its critics only.

void MlpNet::choose_rows(Chunk chunk, ConstRows dy, PieceRows& rows) const {
  rows.chosen.clear();
  rows.chosen.reserve(kChunk);  // at the first call; later ones allocate nothing
  for (int i = 0; i < chunk.n; ++i) {
    const float* row = dy.data + i * dy.stride;
    if (std::any_of(row, row + out_dim_, [](float d) { return d != 0; })) rows.chosen.push_back(i);
  }
}

void MlpNet::backward_input_of_chosen(Chunk chunk, ConstRows dy, PieceRows& rows) {
  const int n = static_cast<int>(rows.chosen.size());
  const Rows d_x = d_x_.from(chunk.first);
  std::fill_n(d_x.data, chunk.n * d_x.stride, 0.0f);
  rows.chosen_d_x.rows(kChunk);
  const auto chosen_of = [&](ConstRows all, int width, Workspace& to) {  // side by side
    float* at = to.rows(kChunk);
    for (const int row : rows.chosen) {
      std::copy_n(all.data + row * all.stride, width, at);
      at += to.stride;
    }
    return to.from(0);
  };
  const auto to = [&](std::size_t l) { return l == 0 ? rows.chosen_d_x.from(0) : gradient_rows(rows, l); };
  const auto kept_rows = [&](std::size_t l) {
    return l == 0 ? ConstRows{nullptr, 0} : chosen_of(kept(chunk, l), layers_[l - 1].stride(), rows.chosen_kept);
  };
  const std::size_t last = layers_.size();
  ConstRows d = heads_backward_input(n, chosen_of(dy, out_dim_, rows.chosen_dy), kept_rows(last), to(last));
  for (std::size_t l = last; l-- > 0;) {
    if (shape_.layer_norm)
      norm_backward_input(n, l, chosen_of(x_hat_[l].from(chunk.first), layers_[l].stride(), rows.chosen_x_hat),
                          chosen_of(inv_std_[l].from(chunk.first), 1, rows.chosen_inv_std).data, to(l + 1));
    else if (shape_.batch_renorm)
      norm_backward_input(n, l, {nullptr, 0}, nullptr, to(l + 1));
    d = layer_backward_input(n, l, d, kept_rows(l), to(l));
  }
  for (int i = 0; i < n; ++i)
    std::copy_n(d.data + i * d.stride, shape_.in_dim, d_x.data + rows.chosen[static_cast<std::size_t>(i)] * d_x.stride);
}

}  // namespace slm
